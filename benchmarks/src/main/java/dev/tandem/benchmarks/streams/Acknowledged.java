package dev.tandem.benchmarks.streams;

import com.codahale.metrics.Counter;

/**
 * How many messages workers of a group have acknowledged since this was made, by their counter: to
 * ask a worker for all its statistics every millisecond would be work of its own.
 */
final class Acknowledged {
  private final Counter counter;
  private final long before;

  private Acknowledged(Counter counter) {
    this.counter = counter;
    this.before = counter.getCount();
  }

  /** Of the usual topic. */
  static Acknowledged in(Bench bench, String group) {
    String name = "tandem.streams.worker." + bench.topic().name() + '.' + group + ".acknowledged";
    return new Acknowledged(bench.redis().metrics().counter(name));
  }

  long count() {
    return counter.getCount() - before;
  }
}
