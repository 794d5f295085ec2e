package dev.tandem.benchmarks.harness;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lets contenders take turns (A B A B …), so that what slows the machine for a while slows all of
 * them, and what one round compares was measured side by side.
 *
 * @param warmUps rounds that do not count, in which the JVM compiles, at least
 * @param warmUp how long each contender works in them at least: the quick ones go on
 * @param measured rounds that do, at most
 * @param budget after this time no further round begins once {@value #FEWEST} were measured
 * @param server whose processor time is measured too; null for none
 */
public record Rounds(
    int warmUps, Duration warmUp, int measured, Duration budget, @Nullable ServerWork server) {
  /** With fewer a median says little. */
  static final int FEWEST = 3;

  private static final Duration AS_LONG_AS_IT_TAKES = Duration.ofDays(1);

  /** Without a limit in time, and without asking the server. */
  public Rounds(int warmUps, int measured) {
    this(warmUps, Duration.ZERO, measured, AS_LONG_AS_IT_TAKES, null);
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
        results.get(i).add(once(work, contenders.get(i)));
        double rounds = warmUps + number + (i + 1.0) / contenders.size();
        steps.done(rounds / (warmUps + measured));
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
    List<Contender> contenders = work.contenders();
    Duration[] worked = new Duration[contenders.size()];
    Arrays.fill(worked, Duration.ZERO);
    boolean isWarm = warmUps == 0;
    for (int number = 1; !isWarm; number++) {
      isWarm = number >= warmUps;
      for (int i = 0; i < worked.length; i++) {
        if (number <= warmUps || worked[i].compareTo(warmUp) < 0) {
          worked[i] = worked[i].plus(once(work, contenders.get(i)).took());
        }
        isWarm = isWarm && worked[i].compareTo(warmUp) >= 0;
      }
      steps.done((double) Math.min(number, warmUps) / (warmUps + measured));
    }
  }

  private boolean isEnough(int number, Duration took) {
    return number >= FEWEST && took.compareTo(budget) >= 0;
  }

  private Round once(Work work, Contender contender) throws Exception {
    System.gc(); // what others left is not collected in this one's time
    try {
      return Stopwatch.watching(server, contender::round);
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
