package dev.tandem.benchmarks.live;

import dev.tandem.api.Gap;
import dev.tandem.pubsub.LiveListener;
import dev.tandem.pubsub.LiveMessage;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** Counts what arrives, and says when that is all. */
final class Arrivals implements LiveListener<byte[]> {
  /** How long nothing may arrive until what is missing counts as lost. */
  static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final long LOOK_NANOS = TimeUnit.MICROSECONDS.toNanos(100);

  private final long expected;
  private final AtomicLong arrived = new AtomicLong();
  private final AtomicLong gaps = new AtomicLong();
  private final CountDownLatch all = new CountDownLatch(1);

  Arrivals(long expected) {
    this.expected = expected;
  }

  @Override
  public void onMessage(LiveMessage<byte[]> message) {
    one();
  }

  @Override
  public void onGap(Gap gap) {
    gaps.incrementAndGet();
  }

  /** One more has arrived. */
  void one() {
    if (arrived.incrementAndGet() == expected) {
      all.countDown();
    }
  }

  /** How many have arrived. */
  long soFar() {
    return arrived.get();
  }

  /** Waits until so many are there, or it is clear that some will not come. */
  void awaitAtLeast(long number) {
    long before = -1;
    long since = System.nanoTime();
    long now = arrived.get();
    while (now < number && System.nanoTime() - since < PATIENCE.toNanos()) {
      LockSupport.parkNanos(LOOK_NANOS);
      now = arrived.get();
      if (now != before) {
        before = now;
        since = System.nanoTime();
      }
    }
  }

  /** Waits until all are there, or it is clear that some will not come; how many came. */
  long await() throws InterruptedException {
    long before = -1;
    while (!all.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
      long now = arrived.get();
      if (now == before) {
        return now;
      }
      before = now;
    }
    return arrived.get();
  }

  long gaps() {
    return gaps.get();
  }
}
