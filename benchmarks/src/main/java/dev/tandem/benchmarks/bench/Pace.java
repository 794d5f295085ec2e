package dev.tandem.benchmarks.bench;

import dev.tandem.benchmarks.harness.OpenLoop;
import dev.tandem.benchmarks.harness.Rounds;
import dev.tandem.benchmarks.harness.ServerWork;
import dev.tandem.benchmarks.harness.TimeLimit;
import dev.tandem.benchmarks.harness.WarmUp;
import java.time.Duration;

/**
 * How long each work is measured.
 *
 * @param warmUp rounds that do not count
 * @param rounds rounds that do, at most
 * @param budget after which no further round of a work begins, once there are enough
 * @param latencyRounds rounds at a fixed rate
 * @param runUp of each of them
 * @param counted of each of them
 */
record Pace(
    WarmUp warmUp,
    int rounds,
    Duration budget,
    int latencyRounds,
    Duration runUp,
    Duration counted) {
  private static final int ROUNDS_OF_A_POINT = 5;
  private static final WarmUp OF_A_POINT =
      new WarmUp(1, Duration.ofMillis(500), Duration.ofSeconds(2));
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** As many rounds as it takes for medians to settle. */
  static final Pace FULL =
      new Pace(
          new WarmUp(4, Duration.ofSeconds(2), Duration.ofSeconds(12)),
          7,
          Duration.ofMinutes(2),
          3,
          Duration.ofMillis(300),
          Duration.ofMillis(1_500));

  /** As many as fit: all works of the quick plan take less than four minutes. */
  static final Pace QUICK =
      new Pace(
          new WarmUp(2, Duration.ofSeconds(1), Duration.ofSeconds(12)),
          5,
          Duration.ofSeconds(30),
          2,
          Duration.ofMillis(150),
          Duration.ofMillis(400));

  /** With so many rounds, however long they take. */
  Pace withRounds(int number) {
    return new Pace(
        warmUp, number, Duration.ofDays(1), Math.min(number, latencyRounds), runUp, counted);
  }

  Rounds rounds(ServerWork server) {
    return new Rounds(warmUp, rounds, budget, TimeLimit.OF_A_ROUND, server);
  }

  /** For one point of a curve: many points make up for few rounds. */
  Rounds pointRounds() {
    return new Rounds(
        OF_A_POINT,
        Math.min(rounds, ROUNDS_OF_A_POINT),
        Duration.ofDays(1),
        TimeLimit.OF_A_ROUND,
        null);
  }

  OpenLoop openLoop(int rate) {
    return new OpenLoop(rate, runUp, counted, 0, latencyRounds, PATIENCE);
  }
}
