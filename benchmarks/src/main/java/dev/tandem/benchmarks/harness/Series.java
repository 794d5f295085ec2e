package dev.tandem.benchmarks.harness;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The rounds of one contender, in order.
 *
 * @param contender its name
 * @param library what it is built on
 * @param rounds what it did
 * @param lostWarmingUp messages that did not arrive in rounds before those
 */
public record Series(String contender, Library library, List<Round> rounds, long lostWarmingUp) {
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

  /** Microseconds of processor time of this JVM for one message. */
  public Spread clientMicros() {
    return Spread.of(rounds.stream().map(Round::clientMicrosEach).toList());
  }

  /** Microseconds of processor time of the server for one message, if it was asked. */
  public Optional<Spread> serverMicros() {
    List<Double> micros =
        rounds.stream().map(Round::serverMicrosEach).filter(Objects::nonNull).toList();
    return micros.isEmpty() ? Optional.empty() : Optional.of(Spread.of(micros));
  }

  /** Bytes that this JVM allocated for one message. */
  public Spread bytes() {
    return Spread.of(rounds.stream().map(Round::bytesEach).toList());
  }

  /** Messages that did not arrive, in all rounds and those that warm up. */
  public long lost() {
    return lostWarmingUp + rounds.stream().mapToLong(Round::lost).sum();
  }
}
