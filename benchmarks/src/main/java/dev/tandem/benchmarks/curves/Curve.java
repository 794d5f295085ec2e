package dev.tandem.benchmarks.curves;

import dev.tandem.benchmarks.harness.Comparison;
import dev.tandem.benchmarks.harness.Rounds;
import dev.tandem.benchmarks.harness.Series;
import dev.tandem.benchmarks.harness.Work;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * How fast one work is done at growing sizes of something.
 *
 * @param name of its chart
 * @param title what is done
 * @param counted what is counted of it, in the plural
 * @param over what grows
 * @param sizes the sizes, growing
 * @param work the work at a size
 */
public record Curve(
    String name,
    String title,
    String counted,
    String over,
    List<Integer> sizes,
    IntFunction<Work> work) {
  /** Copies the list. */
  public Curve {
    sizes = List.copyOf(sizes);
  }

  /** Measures every point, contenders in turns; tells which part is done. */
  public List<CurvePoint> measure(Rounds rounds, Rounds.Steps steps) throws Exception {
    List<CurvePoint> points = new ArrayList<>();
    for (int i = 0; i < sizes.size(); i++) {
      int before = i;
      int size = sizes.get(i);
      try (Work opened = work.apply(size)) {
        Comparison comparison =
            rounds.run(opened, done -> steps.done((before + done) / sizes.size()));
        for (Series series : comparison.series()) {
          points.add(new CurvePoint(series.library(), size, series.rate().median(), series.lost()));
        }
      }
    }
    return points;
  }
}
