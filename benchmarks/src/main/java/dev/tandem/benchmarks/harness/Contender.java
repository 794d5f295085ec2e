package dev.tandem.benchmarks.harness;

/** One way of doing a {@link Work}. */
public interface Contender {
  /** What the report calls it. */
  String name();

  /** Does the work once and says how long it took; setting up and counting do not count. */
  Round round() throws Exception;
}
