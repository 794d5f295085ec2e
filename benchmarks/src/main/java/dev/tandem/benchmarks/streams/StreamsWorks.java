package dev.tandem.benchmarks.streams;

import dev.tandem.benchmarks.harness.NamedWorks;
import dev.tandem.benchmarks.harness.Works;
import java.net.URI;

/** The works of durable streams. */
public final class StreamsWorks {
  private StreamsWorks() {}

  /** Those over this server. */
  public static Works over(URI url) {
    return over(new Bench(url));
  }

  /** Those over this bench, which is closed with them. */
  static Works over(Bench bench) {
    return new NamedWorks(StreamsCatalog.of(bench), bench::close);
  }
}
