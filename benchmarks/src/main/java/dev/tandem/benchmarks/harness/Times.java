package dev.tandem.benchmarks.harness;

import java.util.concurrent.atomic.AtomicLongArray;

/** When which message arrived. */
public final class Times {
  private final AtomicLongArray arrived;

  /** For so many messages, numbered from 0. */
  public Times(int messages) {
    arrived = new AtomicLongArray(messages);
  }

  /** This one is there now. */
  public void arrived(int number) {
    arrived.set(number, System.nanoTime());
  }

  /** When it arrived, on the clock of {@link System#nanoTime}; 0 if it did not. */
  long at(int number) {
    return arrived.get(number);
  }

  /** Whether all are there. */
  boolean isComplete() {
    for (int i = arrived.length() - 1; i >= 0; i--) {
      if (arrived.get(i) == 0) {
        return false;
      }
    }
    return true;
  }
}
