package dev.tandem.benchmarks.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.benchmarks.curves.Curve;
import dev.tandem.benchmarks.curves.CurvePoint;
import dev.tandem.benchmarks.harness.Library;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResultTableTest {
  private final StringWriter out = new StringWriter();
  private final ResultTable table = new ResultTable(new PrintWriter(out));

  @Test
  void everyContenderHasALine() {
    table.begin("on some machine");
    table.add(Samples.results("produce"));

    assertThat(out.toString().lines().map(line -> line.replaceAll(" +", " ")))
        .containsExactly(
            "on some machine",
            "work contender messages/s p50 us p99 us x jedis spread cpu us server us bytes lost",
            "produce jedis 1,000 - - 1.00 1.00 to 1.00 2.00 1.00 300 0",
            "produce tandem 799 200 - 0.80 0.50 to 1.00 2.00 1.00 300 6");
  }

  @Test
  void everySizeOfACurveHasALine() {
    Curve curve =
        new Curve("batch", "Appending", "entries", "messages in one", List.of(1, 64), size -> null);
    table.add(
        curve,
        List.of(
            new CurvePoint(Library.JEDIS, 1, 10_000, 0),
            new CurvePoint(Library.TANDEM, 1, 9_000, 0),
            new CurvePoint(Library.TANDEM, 64, 80_000, 5)));

    assertThat(out.toString().lines().map(line -> line.replaceAll(" +", " ").strip()))
        .containsExactly(
            "",
            "batch (Appending), entries a second by messages in one",
            "1 jedis 10,000 tandem 9,000",
            "64 tandem 80,000 (lost 5)");
  }
}
