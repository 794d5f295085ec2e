package dev.tandem.streams.internal.group;

import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server's clock, about, and never ahead of it: asked for at most every {@value #EVERY_SECONDS}
 * seconds, and only when somebody wants to know; counted on by the time that has gone by since. The
 * local clock does not matter. Safe for use by many threads.
 */
public final class ServerClock {
  private static final Logger LOG = LoggerFactory.getLogger(ServerClock.class);
  private static final long EVERY_SECONDS = 30;
  private static final long RETRY_SECONDS = 1;

  /** What the clock showed at the latest when it was this late here. */
  private record Reading(long serverMillis, long nanos) {}

  private final Supplier<Instant> asking;
  private final LongSupplier nanos;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile @Nullable Reading reading;
  private volatile long askAgainNanos;

  /** What the server told without being asked; perhaps of another server than the present one. */
  private volatile @Nullable Reading told;

  /** A clock that is read by {@code asking}, which may fail, and counted on by {@code nanos}. */
  public ServerClock(Supplier<Instant> asking, LongSupplier nanos) {
    this.asking = asking;
    this.nanos = nanos;
    this.askAgainNanos = nanos.getAsLong();
  }

  /** Has the server asked before the next answer: it may be another one. */
  public void distrust() {
    askAgainNanos = nanos.getAsLong();
  }

  /** The server's clock showed this a moment ago. */
  public void told(long serverMillis) {
    told = new Reading(serverMillis, nanos.getAsLong());
  }

  /**
   * How many milliseconds ago this was on the server, by what was told; 0 if it is still to come,
   * -1 if nothing was told. Never blocks.
   */
  public long millisSince(long serverMillis) {
    Reading known = told;
    return known == null ? -1 : Math.max(0, millisAt(known) - serverMillis);
  }

  private long millisAt(Reading known) {
    return known.serverMillis() + TimeUnit.NANOSECONDS.toMillis(nanos.getAsLong() - known.nanos());
  }

  /** Whether this time is over on the server; false if its clock is not known. May block. */
  public boolean hasPassed(long serverMillis) {
    if (reading == null || nanos.getAsLong() - askAgainNanos >= 0) {
      ask();
    }
    Reading known = reading;
    if (known == null) {
      return false;
    }
    return millisAt(known) >= serverMillis;
  }

  // Who finds another asking goes on with what is known, or waits if that is nothing.
  private void ask() {
    if (reading != null) {
      if (!lock.tryLock()) {
        return;
      }
    } else {
      lock.lock();
    }
    try {
      if (nanos.getAsLong() - askAgainNanos >= 0) {
        // The next who asks does so in time even if this one fails.
        askAgainNanos = nanos.getAsLong() + TimeUnit.SECONDS.toNanos(RETRY_SECONDS);
        long server = asking.get().toEpochMilli();
        long now = nanos.getAsLong();
        reading = new Reading(server, now);
        askAgainNanos = now + TimeUnit.SECONDS.toNanos(EVERY_SECONDS);
      }
    } catch (RuntimeException e) {
      LOG.debug("the server's clock could not be read, will be tried again", e);
    } finally {
      lock.unlock();
    }
  }
}
