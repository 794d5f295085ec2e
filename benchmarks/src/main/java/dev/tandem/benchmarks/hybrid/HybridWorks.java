package dev.tandem.benchmarks.hybrid;

import dev.tandem.benchmarks.harness.NamedWorks;
import dev.tandem.benchmarks.harness.Works;
import java.net.URI;

/** The works of hybrid publishing. */
public final class HybridWorks {
  private HybridWorks() {}

  /** Those over this server. */
  public static Works over(URI url) {
    HybridBench bench = new HybridBench(url);
    return new NamedWorks(HybridCatalog.of(bench), bench::close);
  }
}
