package dev.tandem.benchmarks.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RoundsTest {
  private final List<String> log = new ArrayList<>();

  @Test
  void contendersTakeTurnsAndEachRoundIsCleanedUp() throws Exception {
    new Rounds(1, 1).run(work(contender("a", 0, 1), contender("b", 0, 1)));

    assertThat(log).containsExactly("a", "clean", "b", "clean", "a", "clean", "b", "clean");
  }

  @Test
  void warmUpsDoNotCountAndRatiosAreTakenRoundByRound() throws Exception {
    // Rounds 2, 3 and 4 count: 1/10, 10/10 and 1/2 of the baseline's rate.
    Comparison comparison =
        new Rounds(1, 3)
            .run(work(contender("base", 0, 9, 10, 10, 50), contender("us", 0, 1, 100, 10, 100)));

    Spread ratio = comparison.series().get(1).ratioTo(comparison.baseline());
    assertThat(ratio).isEqualTo(new Spread(0.1, 0.5, 1.0));
    assertThat(comparison.baseline().ratioTo(comparison.baseline())).isEqualTo(new Spread(1, 1, 1));
  }

  @Test
  void whatWasLostIsAddedUpAndDoesNotCountAsDone() throws Exception {
    Comparison comparison = new Rounds(0, 2).run(work(contender("a", 40, 1_000, 1_000)));

    assertThat(comparison.lost()).isEqualTo(80);
    assertThat(comparison.baseline().rate().median()).isEqualTo(60);
  }

  @Test
  void whatIsLostWarmingUpIsLostToo() throws Exception {
    Comparison comparison = new Rounds(2, 1).run(work(contender("a", 40, 1_000)));

    assertThat(comparison.baseline().rounds()).hasSize(1);
    assertThat(comparison.lost()).isEqualTo(120);
  }

  @Test
  void aBudgetEndsThemOnceEnoughWereMeasured() throws Exception {
    Comparison comparison =
        new Rounds(WarmUp.of(2), 100, Duration.ZERO, TimeLimit.NONE, null)
            .run(work(contender("a", 0, 1)));

    assertThat(comparison.baseline().rounds()).hasSize(Rounds.FEWEST);
    assertThat(log).hasSize(2 * (2 + Rounds.FEWEST));
  }

  @Test
  void aRoundThatDoesNotEndEndsTheRun() {
    CountDownLatch never = new CountDownLatch(1);
    Contender stuck =
        contender(
            "stuck",
            () -> {
              never.await();
              return new Round(1, 0, Duration.ofMillis(1), Cost.NONE);
            });
    TimeLimit limit = new TimeLimit(Duration.ofMillis(20));
    Rounds rounds = new Rounds(WarmUp.of(1), 1, Duration.ofDays(1), limit, null);

    assertThatThrownBy(() -> rounds.run(work(stuck))).hasMessageStartingWith("stuck did not end");
    assertThat(log).containsExactly("stuck", "clean");
  }

  @Test
  void whoIsQuickWarmsUpInMoreRounds() throws Exception {
    Comparison comparison =
        new Rounds(
                new WarmUp(2, Duration.ofMillis(25), Duration.ofDays(1)),
                1,
                Duration.ofDays(1),
                TimeLimit.NONE,
                null)
            .run(work(contender("quick", 0, 10), contender("slow", 0, 20)));

    log.removeIf("clean"::equals);
    assertThat(log).containsExactly("quick", "slow", "quick", "slow", "quick", "quick", "slow");
    assertThat(comparison.baseline().rounds()).hasSize(1);
  }

  @Test
  void costsAreSharedByTheMessagesAndNoServerHasNone() throws Exception {
    Series series = new Rounds(0, 1).run(work(contender("a", 0, 1))).baseline();

    assertThat(series.clientMicros().median()).isEqualTo(7);
    assertThat(series.bytes().median()).isEqualTo(50);
    assertThat(series.serverMicros()).isEmpty();
  }

  @Test
  void whatTheServerWorkedIsSharedToo() {
    Cost cost = new Cost(Duration.ZERO, Duration.ofMillis(1), 0, Duration.ZERO);
    Series series =
        new Series("a", Library.TANDEM, List.of(new Round(100, 0, Duration.ofMillis(1), cost)), 0);

    assertThat(series.serverMicros()).contains(new Spread(10, 10, 10));
  }

  private Work work(Contender... contenders) {
    return new Work() {
      @Override
      public String name() {
        return "work";
      }

      @Override
      public List<Contender> contenders() {
        return List.of(contenders);
      }

      @Override
      public void clean() {
        log.add("clean");
      }
    };
  }

  private Contender contender(String name, long lost, long... millis) {
    AtomicInteger next = new AtomicInteger();
    return contender(
        name,
        () ->
            new Round(
                100,
                lost,
                Duration.ofMillis(millis[next.getAndIncrement() % millis.length]),
                new Cost(Duration.ofNanos(700_000), null, 5_000, Duration.ZERO)));
  }

  private Contender contender(String name, Callable<Round> round) {
    return new Contender() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public Library library() {
        return Library.TANDEM;
      }

      @Override
      public Round round() throws Exception {
        log.add(name);
        return round.call();
      }
    };
  }
}
