package dev.tandem.pubsub.internal.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.error.ServerErrorException;
import dev.tandem.pubsub.internal.BusMetrics;
import dev.tandem.pubsub.internal.BusThreads;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A quiet connection is not taken for a dead one. */
@RedisTest
class LinkProbeIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration SILENCE = Duration.ofMillis(100);
  private static final int READING_THREADS = 2;

  /** Does nothing. */
  private static final class Deaf implements LinkEvents {
    @Override
    public void onConnected() {}

    @Override
    public void onLost() {}

    @Override
    public void onConfirmed(RedisKey channel) {}

    @Override
    public void onDenied(RedisKey channel, ServerErrorException error) {}

    @Override
    public void onPayload(RedisKey channel, byte[] payload) {}

    @Override
    public void onPatternPayload(RedisKey pattern, RedisKey channel, byte[] payload) {}
  }

  /** Time stands still but for the steps; the timer looks at it again and again. */
  @Test
  void theTimeForAnAnswerBeginsWhenTheProbeIsSent(RedisServer server, @UniqueTenant String name)
      throws Exception {
    AtomicLong now = new AtomicLong();
    AtomicInteger looks = new AtomicInteger();
    RedisKey channel = RedisKey.of("probe:" + name);
    CountDownLatch release = new CountDownLatch(1);
    try (RedisConnection redis = RedisConnection.connect(server.url())) {
      BusMetrics metrics = new BusMetrics(redis.metrics());
      BusThreads threads = new BusThreads("test", null, metrics);
      SubscriberConnection connection =
          new SubscriberConnection(
              redis, channel, threads, metrics, now::get, new Random(), new Deaf());
      try {
        connection.want(channel);
        await().atMost(PATIENCE).until(connection::isConfirmed);
        CountDownLatch busy = new CountDownLatch(READING_THREADS);
        for (int i = 0; i < READING_THREADS; i++) {
          threads.read(
              () -> {
                busy.countDown();
                awaitQuietly(release);
              });
        }
        busy.await();
        new LinkProbe(
                redis,
                channel,
                connection,
                SILENCE,
                threads,
                metrics,
                () -> {
                  looks.incrementAndGet();
                  return now.get();
                })
            .start();
        now.set(SILENCE.toNanos());
        awaitLooks(looks); // the probe waits for a thread
        now.set(SILENCE.multipliedBy(5).dividedBy(2).toNanos());
        awaitLooks(looks);
        assertThat(metrics.probeTimeouts().sum()).isZero();

        release.countDown();
        LinkSession session = Objects.requireNonNull(connection.session(), "session");
        await().atMost(PATIENCE).until(() -> session.lastHeardNanos() == now.get());
        assertThat(metrics.reconnects().sum()).isZero();
      } finally {
        release.countDown();
        connection.close();
        threads.close();
      }
    }
  }

  private static void awaitLooks(AtomicInteger looks) {
    int before = looks.get();
    await().atMost(PATIENCE).until(() -> looks.get() >= before + 3);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
