package dev.tandem.benchmarks.live;

import dev.tandem.benchmarks.harness.LatencySeries;
import dev.tandem.benchmarks.harness.Measurement;
import dev.tandem.benchmarks.harness.OpenLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** From publishers that wait, and that do not, to a subscriber: at a fixed rate, in turns. */
record Latency(LiveBench bench, OpenLoop loop) implements Measurement {
  private static final int RATE = 2_000;

  /** Rounds of two seconds each: five to warm up and seven measured. */
  static Latency of(LiveBench bench) {
    return new Latency(
        bench,
        new OpenLoop(RATE, Duration.ofMillis(250), Duration.ofSeconds(2), 5, 7, Arrivals.PATIENCE));
  }

  @Override
  public String name() {
    return "latency";
  }

  @Override
  public List<Figure> measure() throws Exception {
    List<Figure> figures = new ArrayList<>();
    for (LatencySeries series : loop.run(Routes.all(bench))) {
      figures.add(new Figure(series.contender() + " median", series.p50Micros(), "us"));
      figures.add(new Figure(series.contender() + " 99 %", series.p99Micros(), "us"));
      figures.add(new Figure(series.contender() + " lost", series.lost(), ""));
    }
    return figures;
  }
}
