package dev.tandem.benchmarks.streams;

import dev.tandem.benchmarks.harness.NamedWorks;
import dev.tandem.benchmarks.harness.Works;
import java.net.URI;
import java.util.Map;

/** The works of durable streams. */
public final class StreamsWorks {
  private StreamsWorks() {}

  /** Those over this server. */
  public static Works over(URI url) {
    Bench bench = new Bench(url);
    return new NamedWorks(
        Map.of(
            "produce", messages -> Produce.asynchronous(bench, messages),
            "produce-blocking", messages -> Produce.blocking(bench, messages),
            "produce-idempotent", messages -> Produce.idempotent(bench, messages),
            "consume", messages -> Consume.of(bench, messages)),
        bench::close);
  }
}
