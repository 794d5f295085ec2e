package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.active;
import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static dev.tandem.pubsub.Buses.numbers;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Messages that are lost, repeated and reordered on the way arrive once, in order, all of them. */
@RedisTest
class ShuffledDeliveriesIT {
  private static final int MESSAGES = 3_000;

  private final Buses buses = new Buses();

  @AfterEach
  void close() {
    buses.close();
  }

  @Test
  void everyMessageArrivesOnceAndInOrder(RedisServer server, @UniqueTenant String name)
      throws Exception {
    Tenant tenant = Tenant.of(name);
    long seed = System.nanoTime();
    Random random = new Random(seed);
    Channel<String> board = channel("board").recoverable(Duration.ofMinutes(5), MESSAGES);
    LiveBus publisher = buses.bus(server.url());
    try (ShufflingProxy proxy = new ShufflingProxy(server, ":channel:board", seed)) {
      LiveBus subscriber = buses.bus(proxy.url());
      Recorder quick = new Recorder();
      Recorder small = new Recorder();
      Subscription first = subscriber.subscribe(tenant, board, SubscribeOptions.fromNow(), quick);
      active(first);
      active(
          subscriber.subscribe(
              tenant, board, SubscribeOptions.fromBeginning().queueLimit(20), small));
      List<CompletableFuture<PublishReceipt>> sent = new ArrayList<>();
      for (int i = 1; i <= MESSAGES; i++) {
        sent.add(publisher.publishAsync(tenant, board, message("m" + i)));
        if (random.nextInt(4) == 0) { // or else it joins the next one's frame
          sent.get(sent.size() - 1).get(20, TimeUnit.SECONDS);
        }
      }
      for (Recorder recorder : List.of(quick, small)) {
        recorder.assertExactly(numbers("m", 1, MESSAGES));
        assertThat(recorder.gaps()).as("seed %d", seed).isEmpty();
      }
      assertThat(first.stats().repaired()).as("seed %d", seed).isPositive();
      assertThat(first.stats().duplicatesDropped()).as("seed %d", seed).isPositive();
      assertThat(proxy.lost()).isPositive();
      assertThat(proxy.repeated()).isPositive();
      assertThat(proxy.reordered()).isPositive();
      assertThat(subscriber.stats().reconnects()).isZero();
    }
  }
}
