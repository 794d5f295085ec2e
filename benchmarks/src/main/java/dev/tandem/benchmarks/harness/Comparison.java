package dev.tandem.benchmarks.harness;

import java.util.List;

/**
 * How contenders did at one work.
 *
 * @param work its name
 * @param series the contenders; the first is what the others are compared with
 */
public record Comparison(String work, List<Series> series) {
  /** Copies the list. */
  public Comparison {
    series = List.copyOf(series);
  }

  /** What the others are compared with. */
  public Series baseline() {
    return series.get(0);
  }

  /** Messages that did not arrive, of all contenders. */
  public long lost() {
    return series.stream().mapToLong(Series::lost).sum();
  }
}
