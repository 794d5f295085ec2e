package dev.tandem.streams.internal.work;

import dev.tandem.streams.DeadLetterReason;
import java.time.Duration;

/** What becomes of a delivery whose handler has ended. */
sealed interface Outcome {
  /** It is done. */
  record Acknowledge() implements Outcome {}

  /** The one that says that it is done. */
  Outcome DONE = new Acknowledge();

  /** It is delivered again after the delay. */
  record Retry(Duration delay) implements Outcome {}

  /** It is given up. */
  record GiveUp(DeadLetterReason reason, String error) implements Outcome {}
}
