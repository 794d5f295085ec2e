package dev.tandem.benchmarks.live;

import dev.tandem.benchmarks.harness.NamedWorks;
import dev.tandem.benchmarks.harness.Works;
import java.net.URI;

/** The works of live channels. */
public final class LiveWorks {
  private LiveWorks() {}

  /** Those over this server. */
  public static Works over(URI url) {
    return over(new LiveBench(url));
  }

  /** Those over this bench, which is closed with them. */
  static Works over(LiveBench bench) {
    return new NamedWorks(LiveCatalog.of(bench), bench::close);
  }
}
