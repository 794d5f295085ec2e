package dev.tandem.benchmarks.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class WarmUpTest {
  private static final Duration ROUND = Duration.ofMillis(100);
  private static final WarmUp USUAL = new WarmUp(3, ROUND.multipliedBy(2), ROUND.multipliedBy(6));

  @Test
  void takesSoManyRounds() {
    assertThat(roundsOf(USUAL, rounds(ROUND, 0, 0, 0, 0))).isEqualTo(3);
  }

  @Test
  void takesSoMuchTime() {
    Duration half = ROUND.dividedBy(2);

    assertThat(roundsOf(USUAL, rounds(half, 0, 0, 0, 0, 0, 0))).isEqualTo(4);
  }

  @Test
  void endsWhenTheCompilersHaveRestedForTwoRoundsInARow() {
    assertThat(roundsOf(USUAL, rounds(ROUND, 90, 4, 5, 4, 4))).isEqualTo(5);
    assertThat(roundsOf(USUAL, rounds(ROUND, 90, 5, 4, 4, 90))).isEqualTo(4);
  }

  @Test
  void endsSomeTimeWhateverTheCompilersDo() {
    assertThat(roundsOf(USUAL, rounds(ROUND, 90, 90, 90, 90, 90, 90, 90))).isEqualTo(6);
  }

  @Test
  void endsAfterManyRoundsHoweverShort() {
    Round[] many = new Round[40];
    Arrays.fill(many, rounds(Duration.ofNanos(1), 0)[0]);

    assertThat(roundsOf(USUAL, many)).isEqualTo(16);
  }

  @Test
  void aGivenNumberOfRoundsDoesNotLookAtTheCompilers() {
    assertThat(roundsOf(WarmUp.of(2), rounds(ROUND, 90, 90, 90))).isEqualTo(2);
  }

  /** After how many of these it is over. */
  private static int roundsOf(WarmUp warmUp, Round... rounds) {
    WarmUp.Course course = warmUp.course();
    for (int i = 0; i < rounds.length; i++) {
      if (course.isOverAfter(rounds[i])) {
        return i + 1;
      }
    }
    throw new AssertionError("not over after " + rounds.length + " rounds");
  }

  /** Rounds of this length, in which the compilers work for so many milliseconds. */
  private static Round[] rounds(Duration took, int... compilingMillis) {
    return Arrays.stream(compilingMillis)
        .mapToObj(millis -> new Cost(Duration.ZERO, null, 0, Duration.ofMillis(millis)))
        .map(cost -> new Round(1, 0, took, cost))
        .toArray(Round[]::new);
  }
}
