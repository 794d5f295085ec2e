package dev.tandem.benchmarks.streams;

import dev.tandem.benchmarks.harness.NamedWorks;
import dev.tandem.benchmarks.harness.Works;
import java.net.URI;

/** The works of durable streams. */
public final class StreamsWorks {
  private StreamsWorks() {}

  /** Those over this server. */
  public static Works over(URI url) {
    Bench bench = new Bench(url);
    return new NamedWorks(bench::close)
        .add("produce", messages -> Produce.asynchronous(bench, messages))
        .add("produce-blocking", messages -> Produce.blocking(bench, messages))
        .add("produce-idempotent", messages -> Produce.idempotent(bench, messages))
        .add("consume", messages -> Consume.of(bench, messages));
  }
}
