package dev.tandem.streams.eventstore;

/** What a projection does with an event that it cannot handle. */
public enum FailureAction {
  /** It stops there, so that its view is never wrong. The default. */
  STOP,
  /**
   * It writes down which event it was ({@link Projections#skipped}) and goes on with the next. When
   * {@value Projections#MOST_SKIPPED} are written down it stops.
   */
  SKIP
}
