package dev.tandem.pubsub.internal.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.RateLimitedException;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.RateLimit;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who waits for its turn, and who is told at once that it will not come. */
class RateLimitsTest {
  private static final Tenant TENANT = Tenant.of("acme");
  private static final RateLimit ONE_AN_HOUR =
      RateLimit.of(1, Duration.ofHours(1)).waitUpTo(Duration.ofMinutes(1));

  private final RateLimits limits = new RateLimits();
  private final ExecutorService threads = Executors.newFixedThreadPool(2);

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  private static Channel<String> limited(String name, RateLimit limit) {
    return Channel.of(name, Serde.string()).rateLimit(limit);
  }

  @Test
  void whoseTurnComesTooLateIsRefusedAtOnce() {
    Channel<String> channel = limited("board", ONE_AN_HOUR);
    limits.acquire(TENANT, channel, 1, true);
    long from = System.nanoTime();
    assertThatThrownBy(() -> limits.acquire(TENANT, channel, 1, true))
        .isInstanceOf(RateLimitedException.class);
    assertThat(Duration.ofNanos(System.nanoTime() - from)).isLessThan(Duration.ofSeconds(30));
  }

  @Test
  void whoMayNotWaitNeverDoesWhoeverTakesTheLastPlace() throws Exception {
    for (int round = 0; round < 3_000; round++) {
      Channel<String> channel = limited("c" + round, ONE_AN_HOUR);
      CyclicBarrier together = new CyclicBarrier(2);
      List<Future<Boolean>> both = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        both.add(
            threads.submit(
                () -> {
                  together.await();
                  try {
                    limits.acquire(TENANT, channel, 1, false);
                    return true;
                  } catch (RateLimitedException e) {
                    return false;
                  }
                }));
      }
      boolean first = both.get(0).get(40, TimeUnit.SECONDS);
      assertThat(both.get(1).get(40, TimeUnit.SECONDS)).isNotEqualTo(first);
    }
  }

  @Test
  void anInterruptEndsTheWait() throws Exception {
    Channel<String> channel =
        limited("board", RateLimit.of(1, Duration.ofSeconds(59)).waitUpTo(Duration.ofMinutes(1)));
    limits.acquire(TENANT, channel, 1, true);
    Future<Boolean> refused =
        threads.submit(
            () -> {
              Thread.currentThread().interrupt();
              try {
                limits.acquire(TENANT, channel, 1, true);
                return false;
              } catch (RateLimitedException e) {
                return Thread.interrupted();
              }
            });
    assertThat(refused.get(40, TimeUnit.SECONDS)).isTrue();
  }
}
