package dev.tandem.benchmarks.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.benchmarks.harness.Comparison;
import dev.tandem.benchmarks.harness.Library;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResultTest {
  @Test
  void ratiosAreTheMedianOfTheRoundsAndLossesAreThoseOfRoundsAndRoutes() {
    Result ours = Samples.results("produce").get(1);

    assertThat(ours)
        .isEqualTo(
            new Result(
                "produce", "tandem", 799.2, 200.0, null, 0.799, 6, 0.5, 0.999, 2.0, 1.0, 300.0,
                "ours"));
  }

  @Test
  void whatWasNotMeasuredIsNull() {
    Result byHand = Samples.results("produce").get(0);

    assertThat(byHand.p50Micros()).isNull();
    assertThat(byHand.p99Micros()).isNull();
    assertThat(byHand.ratioToJedis()).isEqualTo(1);
    assertThat(byHand.lost()).isZero();
  }

  @Test
  void withoutJedisThereIsNoRatioToIt() {
    Comparison oursAlone =
        new Comparison("w", List.of(Samples.series("ours", Library.TANDEM, 0, 1_000)));

    assertThat(Result.of(oursAlone, List.of()).get(0).ratioToJedis()).isNull();
  }
}
