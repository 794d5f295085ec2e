package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.active;
import static dev.tandem.pubsub.Buses.at;
import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static dev.tandem.pubsub.Buses.numbers;
import static dev.tandem.pubsub.Buses.publish;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.Gap;
import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import dev.tandem.api.Positions;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
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

  /** Each position in a token of several channels is judged for its own channel. */
  @Test
  void inATokenForSeveralChannelsIsAGapOfItsChannelAlone(
      RedisServer server, @UniqueTenant String name) throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus bus = buses.bus(server.url());
    Map<String, Position> heads = new LinkedHashMap<>();
    List<Channel<String>> channels =
        List.of(channel("fine"), channel("rolled"), channel("other"), channel("swapped"));
    for (Channel<String> one : channels) {
      List<PublishReceipt> receipts = publish(bus, tenant, one, numbers("m", 1, 10));
      heads.put(one.name(), at(receipts.get(9)));
    }
    Position fine = requireNonNull(heads.get("fine"));
    Position rolled = requireNonNull(heads.get("rolled"));
    Map<String, Position> forged = new LinkedHashMap<>();
    forged.put("fine", fine);
    forged.put("rolled", new Position(rolled.epoch(), 4, "forged"));
    forged.put("other", new Position("forged", 10, "forged"));
    forged.put("swapped", fine);
    forged.put("unknown", fine);
    String token = new Positions(forged).toString();
    ByChannel heard = new ByChannel();
    bus.subscribe(
            tenant, ChannelSet.of(channels), SubscribeOptions.from(Positions.parse(token)), heard)
        .active()
        .get(60, TimeUnit.SECONDS);
    for (Channel<String> one : channels) {
      bus.publish(tenant, one, message("last"));
      heard.of(one.name()).awaitLast("last").assertUnbroken();
    }

    heard.of("fine").assertExactly(List.of("last"));
    Map<String, GapReason> expected =
        Map.of(
            "rolled", GapReason.ROLLED_BACK,
            "other", GapReason.EPOCH_CHANGED,
            "swapped", GapReason.EPOCH_CHANGED);
    expected.forEach(
        (one, reason) -> {
          Gap gap = heard.of(one).awaitGap();
          assertThat(gap.reason()).as(one).isEqualTo(reason);
          assertThat(gap.from()).isEqualTo(forged.get(one));
          assertThat(heard.of(one).gaps()).hasSize(1);
        });
  }

  @Test
  void aTokenForSeveralChannelsThatWasCutOrChangedIsRefused(
      RedisServer server, @UniqueTenant String name) throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus bus = buses.bus(server.url());
    Map<String, Position> heads = new LinkedHashMap<>();
    for (String one : List.of("board", "news")) {
      heads.put(one, at(publish(bus, tenant, channel(one), numbers("m", 1, 3)).get(2)));
    }
    String token = new Positions(heads).toString();
    assertThat(Positions.parse(token)).isEqualTo(new Positions(heads));
    for (int end = 1; end < token.length(); end++) {
      String cut = token.substring(0, end);
      assertThatThrownBy(() -> Positions.parse(cut))
          .as(cut)
          .isInstanceOf(InvalidValueException.class);
    }
    for (int i = 0; i < token.length(); i++) {
      char other = token.charAt(i) == 'x' ? 'y' : 'x';
      String changed = token.substring(0, i) + other + token.substring(i + 1);
      assertThatThrownBy(() -> Positions.parse(changed))
          .as(changed)
          .isInstanceOf(InvalidValueException.class);
    }
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
