package dev.tandem.benchmarks.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class StreamsCommandIT {
  private final StringWriter out = new StringWriter();
  private final CommandLine command =
      new CommandLine(new StreamsCommand())
          .setOut(new PrintWriter(out))
          .setErr(new PrintWriter(out));

  @Test
  void everyWorkIsDoneAndNothingIsLost() {
    int status = command.execute("--rounds=1", "--warm-ups=0", "--messages=2000");

    assertThat(out.toString())
        .contains("produce ", "produce-idempotent", "produce-blocking", "consume")
        .contains("Jedis loop", "Tandem worker")
        .doesNotContain("LOST");
    assertThat(status).isZero();
  }

  @Test
  void whatIsMeasuredByItselfRunsWhereItIsNamed() {
    int status = command.execute("--work=sweep");

    assertThat(out.toString()).contains("all held, in total", "all lapsed, longest call");
    assertThat(status).isZero();
  }

  @Test
  void theHelpNamesEveryWork() {
    int status = command.execute("--help");

    assertThat(out.toString())
        .contains(StreamsCatalog.names())
        .contains("Rounds that do not (3)", "Only when they are named: idle-topics");
    assertThat(status).isZero();
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
