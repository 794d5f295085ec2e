package dev.tandem.benchmarks.harness;

import java.util.List;

/**
 * The open-loop rounds of one contender, in order.
 *
 * @param contender its name
 * @param library what it is built on
 * @param rounds how long its messages took
 */
public record LatencySeries(String contender, Library library, List<Latencies> rounds) {
  /** Copies the list. */
  public LatencySeries {
    rounds = List.copyOf(rounds);
  }

  /** Within which half of the messages arrived: the rounds' median. */
  public double p50Micros() {
    return Spread.of(rounds.stream().map(Latencies::p50Micros).toList()).median();
  }

  /** Within which 99 of 100 arrived: the rounds' median. */
  public double p99Micros() {
    return Spread.of(rounds.stream().map(Latencies::p99Micros).toList()).median();
  }

  /** Messages that never arrived, in all rounds. */
  public long lost() {
    return rounds.stream().mapToLong(Latencies::lost).sum();
  }
}
