package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Gap;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The last message is lost on the way, and none follows that would show it. */
@RedisTest
class TailCheckIT {
  /** Long beside what a slow machine may stand still for. */
  private static final Duration INTERVAL = Duration.ofSeconds(4);

  /** Three quarters of the interval, so that checks twice as rare as promised are noticed. */
  private static final Duration SLOW_MACHINE = INTERVAL.multipliedBy(3).dividedBy(4);

  private static final int LOSSES = 20;

  private final Buses buses = new Buses();
  private final Map<String, Long> foundNanos = new ConcurrentHashMap<>();
  private final List<Gap> gaps = new CopyOnWriteArrayList<>();

  @AfterEach
  void close() {
    buses.close();
  }

  private final class Finder implements LiveListener<String> {
    @Override
    public void onMessage(LiveMessage<String> message) {
      foundNanos.put(message.payload(), System.nanoTime());
    }

    @Override
    public void onGap(Gap gap) {
      gaps.add(gap);
    }
  }

  /**
   * Loses messages all through an interval, so that some are lost right after a check: on channels
   * that were quiet before, and right behind a message that arrived.
   */
  @Test
  void isFoundWithinTheIntervalWheneverItIsLost(RedisServer server, @UniqueTenant String name)
      throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus publisher = buses.bus(server.url());
    LiveBus subscriber =
        buses.bus(
            server.url(),
            options -> options.tailCheckInterval(INTERVAL).probeAfter(Duration.ofHours(1)));
    List<Channel<String>> channels = new ArrayList<>();
    for (int i = 0; i < 2 * LOSSES; i++) {
      channels.add(channel("board-" + i));
    }
    subscriber
        .subscribe(tenant, ChannelSet.of(channels), SubscribeOptions.fromNow(), new Finder())
        .active()
        .get(60, TimeUnit.SECONDS);

    Unheard unheard = new Unheard(server, publisher, tenant);
    Map<String, Long> lostNanos = new ConcurrentHashMap<>();
    long begin = System.nanoTime();
    for (int i = 0; i < LOSSES; i++) {
      awaitNanos(begin + i * INTERVAL.toNanos() / LOSSES);
      lose(unheard, channels.get(i), "quiet-" + i, lostNanos);
      Channel<String> moving = channels.get(LOSSES + i);
      String heard = "heard-" + i;
      publisher.publish(tenant, moving, message(heard));
      await()
          .atMost(Recorder.PATIENCE)
          .pollInterval(Duration.ofMillis(2))
          .until(() -> foundNanos.containsKey(heard));
      lose(unheard, moving, "behind-" + i, lostNanos);
    }
    await()
        .atMost(Recorder.PATIENCE)
        .until(() -> foundNanos.keySet().containsAll(lostNanos.keySet()));

    lostNanos.forEach(
        (payload, lost) ->
            assertThat(Duration.ofNanos(requireNonNull(foundNanos.get(payload)) - lost))
                .as("until %s was found", payload)
                .isLessThanOrEqualTo(INTERVAL.plus(SLOW_MACHINE)));
    assertThat(gaps).isEmpty();
    assertThat(subscriber.stats().reconnects()).isZero();
  }

  private static void lose(
      Unheard unheard, Channel<String> channel, String payload, Map<String, Long> lostNanos) {
    lostNanos.put(payload, System.nanoTime());
    assertThat(unheard.store(channel, message(payload))).isPresent();
  }

  private static void awaitNanos(long time) {
    for (long left = time - System.nanoTime(); left > 0; left = time - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
