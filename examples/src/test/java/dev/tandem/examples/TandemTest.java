package dev.tandem.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class TandemTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void withoutArgumentsItShowsWhatThereIs() {
    assertThat(run()).isZero();
    assertThat(out.toString()).contains("Usage: tandem").contains("quickstart", "soak", "bench");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void helpNamesEveryOptionAndTheExitStatus() {
    assertThat(run("quickstart", "--help")).isZero();
    assertThat(out.toString())
        .contains("--input=FILE", "--tenant=FIELD", "--type=FIELD", "--redis=URL", "--help")
        .contains("Exit status:")
        .doesNotContain("${");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void anUnknownOptionIsOneErrorAndTheUsage() {
    assertThat(run("quickstart", "--frobnicate")).isEqualTo(2);
    assertThat(err.toString())
        .startsWith("tandem: Unknown option: '--frobnicate'")
        .containsOnlyOnce("Usage: tandem quickstart");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void anUnknownCommandAndAMissingValueAreErrorsToo() {
    assertThat(run("frobnicate")).isEqualTo(2);
    assertThat(run("quickstart", "--input")).isEqualTo(2);
    assertThat(run("quickstart", "extra")).isEqualTo(2);
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void theBenchmarksAreAnotherProgram() {
    assertThat(run("bench")).isEqualTo(2);
    assertThat(err.toString()).startsWith("tandem: the benchmarks are a program of their own");
  }

  private int run(String... arguments) {
    CommandLine tandem = Tandem.commandLine();
    tandem.setOut(new PrintWriter(out, true));
    tandem.setErr(new PrintWriter(err, true));
    return Tandem.execute(tandem, arguments);
  }
}
