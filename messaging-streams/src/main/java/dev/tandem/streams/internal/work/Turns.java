package dev.tandem.streams.internal.work;

/** A line from which handlers are called with one delivery at a time. */
interface Turns extends Line {
  /** Whose turns the calls take. */
  Flow flow();

  /** An attempt's delivery was not started: it is not ours any more, or may not be. */
  void passedOver(Single<?> attempt);

  /** An attempt has come to its outcome. */
  void finished(Single<?> attempt, Outcome outcome);
}
