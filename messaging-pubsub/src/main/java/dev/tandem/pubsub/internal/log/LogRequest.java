package dev.tandem.pubsub.internal.log;

/** What is to be read of a log, for whom. Called on a reading thread; must return at once. */
public interface LogRequest {
  /** Whether the result is still of use. */
  boolean isWanted();

  /** Where to read from. */
  Start from();

  /** The most messages wanted. */
  long maxReplay();

  /** Whether what this process remembers will do, where it fits; else the log itself is read. */
  boolean takesRemembered();

  /** Takes what was read. */
  void done(Replay replay);
}
