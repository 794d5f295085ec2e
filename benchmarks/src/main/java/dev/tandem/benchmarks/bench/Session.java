package dev.tandem.benchmarks.bench;

import dev.tandem.benchmarks.curves.Curve;
import dev.tandem.benchmarks.curves.CurvePoint;
import dev.tandem.benchmarks.harness.Comparison;
import dev.tandem.benchmarks.harness.LatencySeries;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.ServerWork;
import dev.tandem.benchmarks.harness.Work;
import dev.tandem.benchmarks.harness.Works;
import java.util.ArrayList;
import java.util.List;

/** One run: every work of a plan, one after the other, and how cost grows. */
final class Session {
  /** Single messages at a fixed rate follow the rounds: that much of a work is done then. */
  private static final double ROUNDS_PART = 0.7;

  private final Plan plan;
  private final Works works;
  private final ServerWork server;
  private final ResultTable table;
  private final ResultsFile file;
  private final Charts charts;
  private long lostByTandem;

  Session(
      Plan plan,
      Works works,
      ServerWork server,
      ResultTable table,
      ResultsFile file,
      Charts charts) {
    this.plan = plan;
    this.works = works;
    this.server = server;
    this.table = table;
    this.file = file;
    this.charts = charts;
  }

  /** How many tasks it has. */
  static int tasks(Plan plan, List<Curve> curves) {
    return plan.works().size() + curves.size();
  }

  /** Measures everything; what is done is written at once. */
  List<Result> run(List<Curve> curves, Progress progress) throws Exception {
    List<Result> results = new ArrayList<>();
    for (Planned planned : plan.works()) {
      progress.begin(planned.work());
      List<Result> some = measure(planned, progress);
      results.addAll(some);
      for (Result result : some) {
        lostByTandem += result.isTandems() ? result.lost() : 0;
      }
      file.write(results);
      charts.ratios(planned.work(), some);
      progress.aside(() -> table.add(some));
      progress.end();
    }
    charts.overview(results);
    for (Curve curve : curves) {
      progress.begin(curve.name());
      draw(curve, progress);
      progress.end();
    }
    return results;
  }

  /** How many messages Tandem lost so far. */
  long lostByTandem() {
    return lostByTandem;
  }

  private List<Result> measure(Planned planned, Progress progress) throws Exception {
    try (Work work = works.open(planned.work(), planned.messages())) {
      Comparison comparison =
          plan.pace().rounds(server).run(work, done -> progress.part(done * ROUNDS_PART));
      List<LatencySeries> latencies =
          plan.pace()
              .openLoop(planned.rate())
              .run(work, done -> progress.part(ROUNDS_PART + done * (1 - ROUNDS_PART)));
      return Result.of(comparison, latencies);
    }
  }

  private void draw(Curve curve, Progress progress) throws Exception {
    List<CurvePoint> points = curve.measure(plan.pace().pointRounds(), progress::part);
    for (CurvePoint point : points) {
      lostByTandem += point.library() == Library.TANDEM ? point.lost() : 0;
    }
    charts.curve(curve, points);
    progress.aside(() -> table.add(curve, points));
  }
}
