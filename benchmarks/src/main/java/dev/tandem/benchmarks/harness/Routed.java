package dev.tandem.benchmarks.harness;

import org.jspecify.annotations.Nullable;

/** Something with a name, over which single messages may go at a fixed rate. */
public interface Routed {
  /** What the report calls it. */
  String name();

  /** What it is built on. */
  Library library();

  /**
   * Opens the way that its messages go, to measure how long each takes at a fixed rate; null if
   * there is none.
   */
  @Nullable Route route(Times times) throws Exception;
}
