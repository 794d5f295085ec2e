package dev.tandem.examples.soak;

import java.util.concurrent.TimeUnit;

/**
 * A stretch of time for which something is kept from working.
 *
 * @param millis how long
 */
record Pause(long millis) {
  /** Lets the time pass. */
  void await() throws InterruptedException {
    TimeUnit.MILLISECONDS.sleep(millis);
  }
}
