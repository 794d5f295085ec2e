package dev.tandem.pubsub.cache;

import dev.tandem.api.Position;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Up to which moment it is proven that every invalidation has been applied.
 *
 * <p>A proof: Redis was asked where the channel stands, and exactly that message (version and
 * nonce) is one that was applied. All that Redis had taken when it was asked has then been applied,
 * because the channel has no silent holes. It counts from <i>before</i> the question, by this
 * process's monotonic clock.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class Freshness {
  private static final int REMEMBERED = 1_024;

  private final LongSupplier nanoTime;
  private final long maxStaleNanos;

  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<Position> applied = new ArrayDeque<>();
  private @Nullable Position awaited;
  private long awaitedSince;
  private volatile boolean proven;
  private volatile long provenAt;

  Freshness(LongSupplier nanoTime, Duration maxStaleness) {
    this.nanoTime = nanoTime;
    this.maxStaleNanos = maxStaleness.toNanos();
  }

  long now() {
    return nanoTime.getAsLong();
  }

  /** Whether something known since then is recent enough to be given out. */
  boolean isRecent(long since) {
    return now() - since <= maxStaleNanos;
  }

  /** Whether the proof is recent enough. */
  boolean isProven() {
    return proven && isRecent(provenAt);
  }

  /** Whether there ever was a proof. */
  boolean wasProven() {
    return proven;
  }

  /** What stands here, and all before it, was applied. */
  void applied(Position position) {
    lock.lock();
    try {
      applied.add(position);
      if (applied.size() > REMEMBERED) {
        applied.remove();
      }
      if (position.equals(awaited)) {
        prove(awaitedSince);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * The channel stood at {@code head} at some time after {@code askedAt}.
   *
   * @param position where the subscription stands, which is also moved by what is not delivered
   */
  void head(Position head, long askedAt, @Nullable Position position) {
    lock.lock();
    try {
      if (awaited != null && awaited.equals(position)) {
        prove(awaitedSince);
      }
      if (head.equals(position) || applied.contains(head)) {
        prove(askedAt);
      } else {
        awaited = head;
        awaitedSince = askedAt;
      }
    } finally {
      lock.unlock();
    }
  }

  private void prove(long at) {
    if (!proven || at - provenAt > 0) {
      provenAt = at;
      proven = true;
    }
    awaited = null;
  }
}
