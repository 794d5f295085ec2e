package dev.tandem.benchmarks.harness;

import java.util.Collection;
import java.util.List;

/**
 * Where measurements lie.
 *
 * @param least the smallest
 * @param median the middle one, or halfway between the middle two
 * @param most the largest
 */
public record Spread(double least, double median, double most) {
  /**
   * The spread of these values.
   *
   * @throws IllegalArgumentException if there are none
   */
  public static Spread of(Collection<Double> values) {
    if (values.isEmpty()) {
      throw new IllegalArgumentException("values is empty; at least one is needed");
    }
    List<Double> sorted = values.stream().sorted().toList();
    int size = sorted.size();
    double median = (sorted.get((size - 1) / 2) + sorted.get(size / 2)) / 2;
    return new Spread(sorted.get(0), median, sorted.get(size - 1));
  }
}
