package dev.tandem.pubsub.internal.subscribe;

import java.time.Duration;

/**
 * Whether a listener can be relied on to return at once, by what it did so far. Who was slow has to
 * prove itself for longer each time.
 *
 * <p>Thread safety: none; used by the thread whose turn it is to call the listener, or to have it
 * called.
 */
final class Pace {
  /** Who takes no longer returns at once. */
  static final Duration AT_ONCE = Duration.ofMillis(1);

  /** How often in a row a new listener must return at once: {@value}. */
  static final int LEAST_PROOF = 16;

  /** How often in a row at most, after which earlier slowness is forgotten: {@value}. */
  static final int MOST_PROOF = 1 << 14;

  private int needed = LEAST_PROOF;
  private int proof;

  /** The listener was called and took so long. */
  void took(long nanos) {
    if (nanos > AT_ONCE.toNanos()) {
      proof = 0;
      needed = Math.min(2 * needed, MOST_PROOF);
    } else if (proof < MOST_PROOF && ++proof == MOST_PROOF) {
      needed = LEAST_PROOF;
    }
  }

  boolean isQuick() {
    return proof >= needed;
  }
}
