package dev.tandem.api;

/** Why a subscriber cannot be given an unbroken sequence. Thread safety: immutable. */
public enum GapReason {
  /** The missing messages are older than the channel's retention, by count or by age. */
  TRIMMED,
  /** The channel's log was lost (flush, eviction, restart without data): counting began anew. */
  EPOCH_CHANGED,
  /**
   * A failover lost messages that had been acknowledged, and their versions now name others: what
   * the subscriber saw last is not part of the log any more.
   */
  ROLLED_BACK,
  /** More is missing than the subscriber allows to be replayed at once. */
  TOO_FAR
}
