package dev.tandem.benchmarks.harness;

import java.util.concurrent.atomic.AtomicLongArray;

/** When which message arrived. */
public final class Times {
  private final AtomicLongArray arrived;

  /** For so many messages, numbered from 0. */
  public Times(int messages) {
    arrived = new AtomicLongArray(messages);
  }

  /** How many there are to come. */
  public int messages() {
    return arrived.length();
  }

  /** This one is there now; only the first time counts. */
  public void arrived(int number) {
    arrived.compareAndSet(number, 0, System.nanoTime());
  }

  /** When it arrived, on the clock of {@link System#nanoTime}; 0 if it did not. */
  long at(int number) {
    return arrived.get(number);
  }

  /** How many are not there. */
  int missing() {
    int missing = 0;
    for (int i = 0; i < arrived.length(); i++) {
      if (arrived.get(i) == 0) {
        missing++;
      }
    }
    return missing;
  }
}
