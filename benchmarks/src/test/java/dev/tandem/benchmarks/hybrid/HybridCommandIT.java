package dev.tandem.benchmarks.hybrid;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class HybridCommandIT {
  private final StringWriter out = new StringWriter();
  private final CommandLine command =
      new CommandLine(new HybridCommand())
          .setOut(new PrintWriter(out))
          .setErr(new PrintWriter(out));

  @Test
  void everyWorkIsDoneAndNoHalfIsLost() {
    int status = command.execute("--rounds=1", "--warm-ups=0", "--messages=2000");

    assertThat(out.toString())
        .contains("Jedis XADD", "Tandem hybrid", "Tandem idempotent")
        .contains("Jedis two halves", "Tandem two halves")
        .doesNotContain("LOST");
    assertThat(status).isZero();
  }

  @Test
  void anUnknownWorkIsRefused() {
    assertThat(command.execute("--work=sell", "--messages=100")).isEqualTo(2);
    assertThat(out.toString()).contains("--work must be among");
  }
}
