package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.active;
import static dev.tandem.pubsub.Buses.at;
import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static dev.tandem.pubsub.Buses.numbers;
import static dev.tandem.pubsub.Buses.publish;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.Gap;
import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A position that was made up with care, checksum and all, is answered by a gap, never silence. */
@RedisTest
class ForgedPositionsIT {
  private final Buses buses = new Buses();

  @AfterEach
  void close() {
    buses.close();
  }

  @Test
  void isAGapAndThenLive(RedisServer server, @UniqueTenant String name) throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus bus = buses.bus(server.url());
    List<PublishReceipt> receipts = publish(bus, tenant, channel("board"), numbers("m", 1, 10));
    Position head = at(receipts.get(9));
    String epoch = head.epoch();
    Map<Position, GapReason> forged = new LinkedHashMap<>();
    forged.put(new Position(epoch, 10, "forged"), GapReason.ROLLED_BACK);
    forged.put(new Position(epoch, 4, "forged"), GapReason.ROLLED_BACK);
    forged.put(new Position(epoch, 11, head.nonce()), GapReason.ROLLED_BACK);
    forged.put(new Position(epoch, Long.MAX_VALUE, head.nonce()), GapReason.ROLLED_BACK);
    forged.put(new Position("forged", 10, head.nonce()), GapReason.EPOCH_CHANGED);
    Map<Position, Recorder> recorders = new LinkedHashMap<>();
    for (Position position : forged.keySet()) {
      Recorder recorder = new Recorder(position);
      Position token = Position.parse(position.toString());
      active(bus.subscribe(tenant, channel("board"), SubscribeOptions.from(token), recorder));
      recorders.put(position, recorder);
    }
    bus.publish(tenant, channel("board"), message("last"));

    recorders.forEach(
        (position, recorder) -> {
          Gap gap = recorder.awaitLast("last").awaitGap();
          assertThat(gap.reason()).as("%s", position).isEqualTo(forged.get(position));
          assertThat(gap.from()).isEqualTo(position);
          assertThat(recorder.gaps()).hasSize(1);
          recorder.assertUnbroken();
        });
  }
}
