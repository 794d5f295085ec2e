package dev.tandem.benchmarks.harness;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lets contenders take turns (A B A B …), so that what slows the machine for a while slows all of
 * them, and what one round compares was measured side by side.
 *
 * @param warmUp rounds in which only losses count; each contender is through with them by its own
 *     course
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
    List<Entrant> entrants = work.contenders().stream().map(Entrant::new).toList();
    Stopwatch watch = Stopwatch.start();
    warmUp(work, entrants, steps);
    for (int number = 0; number < measured && !isEnough(number, watch.elapsed()); number++) {
      for (int i = 0; i < entrants.size(); i++) {
        System.gc(); // what others left is not collected in this one's time
        Entrant entrant = entrants.get(i);
        entrant.rounds.add(once(work, entrant.contender));
        double rounds = warmUp.rounds() + number + (i + 1.0) / entrants.size();
        steps.done(rounds / (warmUp.rounds() + measured));
      }
    }
    return new Comparison(work.name(), entrants.stream().map(Entrant::series).toList());
  }

  private void warmUp(Work work, List<Entrant> entrants, Steps steps) throws Exception {
    List<Cold> cold = new ArrayList<>();
    if (warmUp.rounds() > 0) {
      entrants.forEach(entrant -> cold.add(new Cold(entrant, warmUp.course())));
    }
    for (int number = 1; !cold.isEmpty(); number++) {
      for (Cold one : List.copyOf(cold)) {
        Round round = once(work, one.entrant().contender);
        one.entrant().lostWarmingUp += round.lost();
        if (one.course().isOverAfter(round)) {
          cold.remove(one);
        }
      }
      int done = Math.min(number, warmUp.rounds());
      steps.done((double) done / (warmUp.rounds() + measured));
    }
  }

  /** A contender and what it has done so far. */
  private static final class Entrant {
    private final Contender contender;
    private final List<Round> rounds = new ArrayList<>();
    private long lostWarmingUp;

    private Entrant(Contender contender) {
      this.contender = contender;
    }

    private Series series() {
      return new Series(contender.name(), contender.library(), rounds, lostWarmingUp);
    }
  }

  /** Who warms up still; nobody else has its course, so no two are equal. */
  private record Cold(Entrant entrant, WarmUp.Course course) {}

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
