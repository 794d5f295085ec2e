package dev.tandem.benchmarks.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.benchmarks.curves.Curve;
import dev.tandem.benchmarks.harness.Server;
import dev.tandem.benchmarks.harness.WarmUp;
import dev.tandem.benchmarks.harness.Works;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The quick plan, so small that it takes seconds. */
class SessionIT {
  private static final int SHARE = 100;
  private static final Pace ONE_SHORT_ROUND =
      new Pace(
          new WarmUp(0, Duration.ZERO, Duration.ZERO),
          1,
          Duration.ZERO,
          1,
          Duration.ofMillis(50),
          Duration.ofMillis(100));

  @TempDir Path directory;
  private final StringWriter out = new StringWriter();

  @Test
  void everyContenderOfEveryWorkIsInTheResultsAndTandemLosesNothing() throws Exception {
    Path file = directory.resolve("latest.json");
    List<Planned> works = new ArrayList<>();
    for (Planned planned : Plan.quick().works()) {
      works.add(new Planned(planned.work(), Math.max(20, planned.messages() / SHARE), 500));
    }

    List<Result> results = run(new Plan(works, ONE_SHORT_ROUND, false), List.of(), file);

    assertThat(results).extracting(Result::work).contains("produce", "consume", "hybrid");
    assertThat(results)
        .extracting(result -> result.work() + " " + result.contender())
        .doesNotHaveDuplicates();
    assertThat(results)
        .allSatisfy(
            result -> {
              assertThat(result.perSecond()).isPositive();
              assertThat(result.ratioToJedis()).isPositive();
              assertThat(result.serverCpuMicros()).isNotNegative();
              assertThat(result.allocatedBytes()).isPositive();
              assertThat(directory.resolve(result.work() + ".svg")).exists();
            });
    assertThat(results).filteredOn(Result::isTandems).extracting(Result::lost).containsOnly(0L);
    JsonNode json = JsonMapper.shared().readTree(Files.readString(file));
    assertThat(json.findValuesAsString("work"))
        .isEqualTo(results.stream().map(Result::work).toList());
    assertThat(json.get(0).propertyNames())
        .startsWith(
            "work", "contender", "perSecond", "p50Micros", "p99Micros", "ratioToJedis", "lost");
    assertThat(directory.resolve("ratios.svg")).exists();
  }

  @Test
  void whatTandemLosesIsAddedUpAndWhatOthersLoseIsNot() throws Exception {
    assertThat(lostByTandem(new Losing(0, 3))).isEqualTo(3);
    assertThat(lostByTandem(new Losing(3, 0))).isZero();
  }

  private long lostByTandem(Losing works) throws Exception {
    Plan plan = new Plan(List.of(new Planned(Losing.NAME, 10, 500)), ONE_SHORT_ROUND, false);
    try (Server server = Server.open(null);
        Progress progress = Progress.of(1, new PrintWriter(out), false)) {
      Session session = session(plan, works, server, directory.resolve("latest.json"));
      session.run(List.of(), progress);
      return session.lostByTandem();
    }
  }

  @Test
  void whateverIsPlannedCanBeOpened() {
    try (Server server = Server.open(null);
        Catalogue catalogue = Catalogue.over(server.url())) {
      assertThat(Plan.full().among(catalogue.names())).isEqualTo(Plan.full());
    }
  }

  private List<Result> run(Plan plan, List<Curve> curves, Path file) throws Exception {
    try (Server server = Server.open(null);
        Catalogue catalogue = Catalogue.over(server.url());
        Progress progress = Progress.of(1, new PrintWriter(out), false)) {
      return session(plan.among(catalogue.names()), catalogue, server, file).run(curves, progress);
    }
  }

  private Session session(Plan plan, Works works, Server server, Path file) throws Exception {
    ResultsFile results = ResultsFile.at(file);
    return new Session(
        plan,
        works,
        server.work(),
        new ResultTable(new PrintWriter(out, true)),
        results,
        new Charts(results));
  }
}
