package dev.tandem.streams.internal.eventstore;

import dev.tandem.streams.internal.entry.EntryId;

/**
 * The time for which this process holds a projection. Safe for use by many threads.
 *
 * <p>The lease counts from before it was asked for, by a clock that never jumps, so that it ends
 * here no later than on the server.
 */
final class Tenure {
  private final String holder;
  private final long token;
  private final EntryId start;
  private final long leaseNanos;
  private volatile long validUntil;
  private volatile boolean lost;

  Tenure(String holder, long token, EntryId start, long leaseNanos, long askedAt) {
    this.holder = holder;
    this.token = token;
    this.start = start;
    this.leaseNanos = leaseNanos;
    this.validUntil = askedAt + leaseNanos;
  }

  String holder() {
    return holder;
  }

  long token() {
    return token;
  }

  /** The last event that was done when it began. */
  EntryId start() {
    return start;
  }

  void renewed(long askedAt) {
    validUntil = askedAt + leaseNanos;
  }

  void lose() {
    lost = true;
  }

  /** Whether it has ended, or may have. */
  boolean isLost() {
    return lost || System.nanoTime() - validUntil >= 0;
  }
}
