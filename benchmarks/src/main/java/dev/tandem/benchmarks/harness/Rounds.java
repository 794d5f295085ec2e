package dev.tandem.benchmarks.harness;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lets contenders take turns (A B A B …), so that what slows the machine for a while slows all of
 * them, and what one round compares was measured side by side.
 *
 * @param warmUp rounds that do not count; each contender is through with them by its own course
 * @param measured rounds that do, at most
 * @param budget after this time no further round begins once {@value #FEWEST} were measured
 * @param limit of each round of a contender
 * @param server whose processor time is measured too; null for none
 */
public record Rounds(
    WarmUp warmUp, int measured, Duration budget, TimeLimit limit, @Nullable ServerWork server) {
  /** With fewer a median says little. */
  static final int FEWEST = 3;

  private static final Duration AS_LONG_AS_IT_TAKES = Duration.ofDays(1);

  /** Without a limit in time, and without asking the server. */
  public Rounds(int warmUps, int measured) {
    this(WarmUp.of(warmUps), measured, AS_LONG_AS_IT_TAKES, TimeLimit.NONE, null);
  }

  /** Runs all rounds of a work. */
  public Comparison run(Work work) throws Exception {
    return run(work, done -> {});
  }

  /** Likewise; tells after each round which part of them is done, from 0 to 1. */
  public Comparison run(Work work, Steps steps) throws Exception {
    List<Contender> contenders = work.contenders();
    List<List<Round>> results = new ArrayList<>();
    contenders.forEach(contender -> results.add(new ArrayList<>()));
    Stopwatch watch = Stopwatch.start();
    warmUp(work, steps);
    for (int number = 0; number < measured && !isEnough(number, watch.elapsed()); number++) {
      for (int i = 0; i < contenders.size(); i++) {
        System.gc(); // what others left is not collected in this one's time
        results.get(i).add(once(work, contenders.get(i)));
        double rounds = warmUp.rounds() + number + (i + 1.0) / contenders.size();
        steps.done(rounds / (warmUp.rounds() + measured));
      }
    }
    List<Series> series = new ArrayList<>();
    for (int i = 0; i < contenders.size(); i++) {
      Contender contender = contenders.get(i);
      series.add(new Series(contender.name(), contender.library(), results.get(i)));
    }
    return new Comparison(work.name(), series);
  }

  private void warmUp(Work work, Steps steps) throws Exception {
    List<Cold> cold = new ArrayList<>();
    if (warmUp.rounds() > 0) {
      work.contenders().forEach(contender -> cold.add(new Cold(contender, warmUp.course())));
    }
    for (int number = 1; !cold.isEmpty(); number++) {
      for (Cold one : List.copyOf(cold)) {
        if (one.course().isOverAfter(once(work, one.contender()))) {
          cold.remove(one);
        }
      }
      int done = Math.min(number, warmUp.rounds());
      steps.done((double) done / (warmUp.rounds() + measured));
    }
  }

  /** Who warms up still; nobody else has its course, so no two are equal. */
  private record Cold(Contender contender, WarmUp.Course course) {}

  private boolean isEnough(int number, Duration took) {
    return number >= FEWEST && took.compareTo(budget) >= 0;
  }

  private Round once(Work work, Contender contender) throws Exception {
    try {
      return limit.call(contender.name(), () -> Stopwatch.watching(server, contender::round));
    } finally {
      work.clean();
    }
  }

  /** Hears how far something is. */
  @FunctionalInterface
  public interface Steps {
    /** So much of it is done, from 0 to 1. */
    void done(double part);
  }
}
