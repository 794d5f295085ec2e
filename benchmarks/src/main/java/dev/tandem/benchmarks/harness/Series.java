package dev.tandem.benchmarks.harness;

import java.util.ArrayList;
import java.util.List;

/**
 * The rounds of one contender, in order.
 *
 * @param contender its name
 * @param rounds what it did
 */
public record Series(String contender, List<Round> rounds) {
  /** Copies the list. */
  public Series {
    rounds = List.copyOf(rounds);
  }

  /** Messages a second. */
  public Spread rate() {
    return Spread.of(rounds.stream().map(Round::perSecond).toList());
  }

  /** How many times as fast as another, round by round. */
  public Spread ratioTo(Series other) {
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < rounds.size(); i++) {
      ratios.add(rounds.get(i).perSecond() / other.rounds.get(i).perSecond());
    }
    return Spread.of(ratios);
  }

  /** Microseconds of work in this JVM for one message. */
  public Spread work() {
    return Spread.of(rounds.stream().map(Round::microsEach).toList());
  }

  /** Messages that did not arrive, in all rounds. */
  public long lost() {
    return rounds.stream().mapToLong(Round::lost).sum();
  }
}
