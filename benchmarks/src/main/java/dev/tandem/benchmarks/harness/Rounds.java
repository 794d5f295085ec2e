package dev.tandem.benchmarks.harness;

import java.util.ArrayList;
import java.util.List;

/**
 * Lets contenders take turns (A B A B …), so that what slows the machine for a while slows all of
 * them, and what one round compares was measured side by side.
 *
 * @param warmUps rounds that do not count, in which the JVM compiles
 * @param measured rounds that do
 */
public record Rounds(int warmUps, int measured) {
  /** Runs all rounds of a work. */
  public Comparison run(Work work) throws Exception {
    List<Contender> contenders = work.contenders();
    List<List<Round>> results = new ArrayList<>();
    contenders.forEach(contender -> results.add(new ArrayList<>()));
    for (int number = 0; number < warmUps + measured; number++) {
      for (int i = 0; i < contenders.size(); i++) {
        Round round = once(work, contenders.get(i));
        if (number >= warmUps) {
          results.get(i).add(round);
        }
      }
    }
    List<Series> series = new ArrayList<>();
    for (int i = 0; i < contenders.size(); i++) {
      series.add(new Series(contenders.get(i).name(), results.get(i)));
    }
    return new Comparison(work.name(), series);
  }

  private static Round once(Work work, Contender contender) throws Exception {
    System.gc(); // what others left is not collected in this one's time
    try {
      return contender.round();
    } finally {
      work.clean();
    }
  }
}
