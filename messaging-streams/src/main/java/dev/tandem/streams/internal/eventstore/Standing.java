package dev.tandem.streams.internal.eventstore;

import java.time.Duration;

/** What the parts of a projection tell the whole, and ask of it. */
interface Standing {
  /** The server has answered. */
  void proven();

  /** Something went wrong that is expected to pass. */
  void troubled(Throwable error);

  /** What went wrong has passed. */
  void recovered();

  /** Whether to stop. */
  boolean isStopped();

  /** Waits for so long, or until it is to stop. */
  void pause(Duration time) throws InterruptedException;
}
