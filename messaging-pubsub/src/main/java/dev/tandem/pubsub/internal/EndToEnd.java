package dev.tandem.pubsub.internal;

import com.codahale.metrics.Timer;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;

/**
 * Measures how long it takes from Redis having a message to its listener's return, of at most one
 * batch each millisecond: measuring costs more than a quick listener. It begins by the server's
 * clock and ends by this machine's, so what these differ by is in it, but it is never negative.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class EndToEnd {
  private static final long EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final Timer timer;
  private final InstantSource clock;
  private volatile long lastNanos = System.nanoTime() - EVERY_NANOS;

  EndToEnd(Timer timer, InstantSource clock) {
    this.timer = timer;
    this.clock = clock;
  }

  /** A listener has returned that was called with what Redis took at this time. */
  public void returned(long takenMillis, long nowNanos) {
    if (nowNanos - lastNanos >= EVERY_NANOS) {
      lastNanos = nowNanos;
      timer.update(Math.max(0, clock.millis() - takenMillis), TimeUnit.MILLISECONDS);
    }
  }
}
