package dev.tandem.benchmarks.harness;

import org.jspecify.annotations.Nullable;

/** One way of doing a {@link Work}; it has no route unless it says so. */
public interface Contender extends Routed {
  /** Does the work once and says how long it took; setting up and counting do not count. */
  Round round() throws Exception;

  @Override
  default @Nullable Route route(Times times) throws Exception {
    return null;
  }
}
