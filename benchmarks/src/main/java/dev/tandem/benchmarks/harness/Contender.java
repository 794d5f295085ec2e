package dev.tandem.benchmarks.harness;

import org.jspecify.annotations.Nullable;

/** One way of doing a {@link Work}. */
public interface Contender {
  /** What the report calls it. */
  String name();

  /** What it is built on. */
  Library library();

  /** Does the work once and says how long it took; setting up and counting do not count. */
  Round round() throws Exception;

  /**
   * Opens the way that its messages go, to measure how long each takes at a fixed rate; null if
   * there is none.
   */
  default @Nullable Route route(Times times) throws Exception {
    return null;
  }
}
