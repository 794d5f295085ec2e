package dev.tandem.examples.quickstart;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.tenant.Tenant;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class WorkerProtocolTest {

  static List<WorkerReport> reports() {
    return List.of(
        WorkerReport.ready("tandem-k3x9"),
        WorkerReport.handled("acme", "1526919030474-55", 2),
        WorkerReport.holding(8),
        WorkerReport.failed("cannot reach\tRedis"));
  }

  @ParameterizedTest
  @MethodSource("reports")
  void aReportIsReadAsItWasWritten(WorkerReport report) {
    assertThat(WorkerReport.parse(report.line())).isEqualTo(report);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "worker",
        "worker\tHANDLED\tacme",
        "worker\tHANDLED\tacme\ttwo\t1-0",
        "worker\tOTHER\t\t0\t",
        "Picked up JAVA_TOOL_OPTIONS: -Da=b"
      })
  void otherLinesAreNoReports(String line) {
    assertThat(WorkerReport.parse(line)).isNull();
  }

  @Test
  void aFailureOfSeveralLinesIsReportedInOne() {
    assertThat(WorkerReport.failed("one\ntwo").line()).doesNotContain("\n").endsWith("one");
  }

  @Test
  void settingsAreReadAsTheyWereWritten() throws IOException {
    WorkerSettings settings =
        new WorkerSettings(
            "redis://user:secret@localhost:6379/2",
            new Destination("quickstart-1"),
            4,
            List.of(Tenant.of("a"), Tenant.of("b")));
    String written = written(settings);

    assertThat(WorkerSettings.readFrom(new BufferedReader(new StringReader(written))))
        .isEqualTo(settings);
    assertThat(settings.toString()).doesNotContain("secret");
  }

  @Test
  void settingsThatBreakOffAreRefused() {
    String written =
        written(
            new WorkerSettings(
                "redis://localhost", new Destination("q"), 4, List.of(Tenant.of("a"))));
    String cut = written.substring(0, written.length() - 2);

    assertThatThrownBy(() -> WorkerSettings.readFrom(new BufferedReader(new StringReader(cut))))
        .isInstanceOf(EOFException.class);
  }

  private static String written(WorkerSettings settings) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    settings.writeTo(new PrintStream(bytes, true, UTF_8));
    return bytes.toString(UTF_8);
  }
}
