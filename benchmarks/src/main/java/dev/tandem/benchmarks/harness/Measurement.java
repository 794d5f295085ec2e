package dev.tandem.benchmarks.harness;

import java.util.List;

/** Something that is measured by itself, beside nobody. */
public interface Measurement {
  /** What the report calls it. */
  String name();

  /** Measures it once. */
  List<Figure> measure() throws Exception;

  /**
   * One thing that was measured.
   *
   * @param what in words
   * @param unit of the value
   */
  record Figure(String what, double value, String unit) {}
}
