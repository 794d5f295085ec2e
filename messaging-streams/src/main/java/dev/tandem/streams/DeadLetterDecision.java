package dev.tandem.streams;

/** What is to become of a dead letter. */
public enum DeadLetterDecision {
  /** It stays a dead letter; a later run meets it again. */
  KEEP,
  /** It is deleted for good. */
  DISCARD,
  /** It is delivered to its group again. */
  REPLAY
}
