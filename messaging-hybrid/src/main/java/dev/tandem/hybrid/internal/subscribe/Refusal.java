package dev.tandem.hybrid.internal.subscribe;

import dev.tandem.api.Gap;
import dev.tandem.api.GapReason;
import dev.tandem.api.Position;

/**
 * The channel was asked to go on from a position and could not.
 *
 * @param at that position
 * @param resumesAt what it offered instead
 * @param reason why
 */
record Refusal(Position at, Position resumesAt, GapReason reason) {
  static Refusal of(Position at, Gap gap) {
    return new Refusal(at, gap.resumesAt(), gap.reason());
  }

  /** Whether it is known by this that the buffer does not have what comes after {@code now}. */
  boolean holdsFor(Position now) {
    if (at.equals(now)) {
      return true;
    }
    if (!at.epoch().equals(now.epoch())) {
      return false;
    }
    return !resumesAt.epoch().equals(now.epoch())
        || (reason == GapReason.TRIMMED && now.version() < resumesAt.version());
  }

  /** Whether the log is another one than this position's, and is there from its beginning. */
  boolean isNewLogAfter(Position now) {
    return !resumesAt.epoch().equals(now.epoch()) && resumesAt.version() == 0;
  }
}
