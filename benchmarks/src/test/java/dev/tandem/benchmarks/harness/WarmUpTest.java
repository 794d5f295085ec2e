package dev.tandem.benchmarks.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class WarmUpTest {
  private static final Duration ROUND = Duration.ofMillis(100);

  private final WarmUp warmUp = new WarmUp(2, ROUND.multipliedBy(3), ROUND.multipliedBy(6));

  @Test
  void takesSoManyRoundsAndSoMuchTime() {
    assertThat(warmUp.isOver(1, ROUND.multipliedBy(9), compiling(0))).isFalse();
    assertThat(warmUp.isOver(2, ROUND.multipliedBy(2), compiling(0))).isFalse();
    assertThat(warmUp.isOver(2, ROUND.multipliedBy(3), compiling(0))).isTrue();
  }

  @Test
  void goesOnWhileTheCompilersWork() {
    assertThat(warmUp.isOver(3, ROUND.multipliedBy(3), compiling(5))).isFalse();
    assertThat(warmUp.isOver(3, ROUND.multipliedBy(3), compiling(4))).isTrue();
  }

  @Test
  void endsSomeTime() {
    assertThat(warmUp.isOver(5, ROUND.multipliedBy(6).minusNanos(1), compiling(100))).isFalse();
    assertThat(warmUp.isOver(6, ROUND.multipliedBy(6), compiling(100))).isTrue();
  }

  @Test
  void endsAfterManyRoundsHoweverShort() {
    assertThat(warmUp.isOver(29, Duration.ofMillis(29), compiling(0))).isFalse();
    assertThat(warmUp.isOver(30, Duration.ofMillis(30), compiling(0))).isTrue();
  }

  private static Round compiling(int millis) {
    Cost cost = new Cost(Duration.ZERO, null, 0, Duration.ofMillis(millis));
    return new Round(1, 0, ROUND, cost);
  }
}
