package dev.tandem.benchmarks.live;

import dev.tandem.benchmarks.harness.NamedWorks;
import dev.tandem.benchmarks.harness.Work;
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

  /**
   * Publishing to fleeting channels in turn, by hand and with Tandem; what is counted is
   * deliveries.
   *
   * @param listeners of each channel, all in this process
   * @param messages to all channels together
   */
  public static Work delivering(URI url, int channels, int listeners, int messages) {
    return BesideJedis.delivering(new LiveBench(url), channels, listeners, messages);
  }

  /** Subscribing to fleeting channels, by hand and with Tandem; what is counted is channels. */
  public static Work subscribing(URI url, int channels) {
    return BesideJedis.subscribing(new LiveBench(url), channels);
  }
}
