package dev.tandem.hybrid.internal.subscribe;

import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import org.jspecify.annotations.Nullable;

/**
 * How the next of the stream's entries on a channel relates to where a reader stands. Pure
 * judgement.
 *
 * <p>Entries are read in the stream's order, beginning in the run of entries of the reader's epoch.
 * So an entry of another epoch is of a later one: the channel's log was lost in between, and the
 * stream was not. If it is the first of its log, nothing is missing.
 */
enum Fit {
  /** It is where the reader stands. */
  HERE,
  /** It comes before. */
  SEEN,
  /** It comes next. */
  NEXT,
  /** Something that was published to the channel in between is not in the stream. */
  HOLE,
  /** The reader has seen what neither the stream nor the channel knows. */
  CONTRADICTION;

  /**
   * Judges an entry's position.
   *
   * @param at where the reader stands
   * @param proven whether the stream is known to contain what the reader saw last
   * @param refusal what the channel said of that, or null if it was not asked
   */
  static Fit of(Position at, boolean proven, @Nullable Refusal refusal, Position entry) {
    boolean sure = proven || !Place.canBeProven(at);
    if (!entry.epoch().equals(at.epoch())) {
      return sure && entry.version() == 1 ? NEXT : HOLE;
    }
    if (entry.version() < at.version()) {
      return proven ? CONTRADICTION : SEEN;
    }
    if (entry.version() == at.version()) {
      return !Place.canBeProven(at) || entry.nonce().equals(at.nonce()) ? HERE : CONTRADICTION;
    }
    if (!sure && refusal != null && refusal.reason() == GapReason.ROLLED_BACK) {
      return CONTRADICTION;
    }
    return entry.version() == at.version() + 1 ? NEXT : HOLE;
  }
}
