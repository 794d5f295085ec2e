package dev.tandem.benchmarks.live;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.benchmarks.harness.Measurement.Figure;
import dev.tandem.benchmarks.harness.Server;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class LiveCommandIT {
  private final StringWriter out = new StringWriter();
  private final CommandLine command =
      new CommandLine(new LiveCommand()).setOut(new PrintWriter(out)).setErr(new PrintWriter(out));

  @Test
  void everyComparisonIsMadeAndNothingIsLost() {
    int status = command.execute("--rounds=1", "--warm-ups=0", "--messages=2000");

    assertThat(out.toString())
        .contains("fleeting", "recoverable ", "recoverable-one")
        .doesNotContain("LOST", "resume-storm");
    assertThat(status).isZero();
  }

  @Test
  void onlyWhatIsNamedRuns() {
    int status =
        command.execute(
            "--rounds=1", "--warm-ups=0", "--messages=200", "--work=recoverable-one,fleeting");

    assertThat(out.toString()).contains("fleeting", "recoverable-one").doesNotContain("latency");
    assertThat(status).isZero();
  }

  /** Whoever returns first finds nothing remembered in this process, so there are calls. */
  @Test
  void aResumeStormCountsTheServersScriptCalls() throws Exception {
    try (Server server = Server.open(null);
        LiveBench bench = new LiveBench(server.url())) {
      Map<String, Double> figures =
          new ResumeCalls(bench, new Storm(100, 20))
              .measure().stream().collect(Collectors.toMap(Figure::what, Figure::value));
      assertThat(figures).containsEntry("messages replayed", 950.0);
      assertThat(figures).containsEntry("not replayed", 0.0).containsEntry("gaps", 0.0);
      assertThat(figures.get("script calls")).isBetween(2.0, 99.0);
    }
  }

  @Test
  void anUnknownWorkIsRefused() {
    assertThat(command.execute("--work=sell", "--messages=100")).isEqualTo(2);
    assertThat(out.toString()).contains("--work must be among");
  }

  @Test
  void noRoundsAreRefused() {
    assertThat(command.execute("--rounds=0")).isEqualTo(2);
    assertThat(out.toString()).contains("--rounds must be at least 1");
  }
}
