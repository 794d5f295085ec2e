package dev.tandem.streams;

/** What became of a pending message that was to be claimed for a consumer. */
public enum ClaimOutcome {
  /** It is that consumer's now; whoever had it has lost its lease. */
  CLAIMED,
  /** It waits for a retry, and still does. */
  WAITING,
  /** Its consumer has touched it more lately than asked for: left alone. */
  NOT_IDLE,
  /** Its data is gone; left for a worker to find and to move to the dead letters. */
  DATA_GONE,
  /** It is not pending in this group. */
  NOT_PENDING
}
