package dev.tandem.benchmarks.curves;

import dev.tandem.benchmarks.harness.NamedWorks;
import dev.tandem.benchmarks.harness.Works;
import java.net.URI;
import java.util.List;
import java.util.Map;

/** All curves. */
public final class Curves {
  private static final int MESSAGES = 100_000;
  private static final int QUICK_MESSAGES = 20_000;

  private static final int TENANTS = 100;

  private Curves() {}

  /** Points of curves that are works by themselves. */
  public static Works works(URI url) {
    String name = "consume-tenants";
    return new NamedWorks(
        Map.of(name, messages -> Consuming.ofTenants(name, url, TENANTS, messages)), () -> {});
  }

  /** Those over this server; a quick run moves fewer messages. */
  public static List<Curve> over(URI url, boolean quick) {
    int messages = quick ? QUICK_MESSAGES : MESSAGES;
    return List.of(
        new Curve(
            "batch-size",
            "Appending to a stream",
            "messages in one round trip",
            List.of(1, 4, 16, 64, 256, 1_024, 4_096),
            size -> Appending.inBatches(url, size, messages)),
        new Curve(
            "payload",
            "Appending to a stream",
            "bytes of a payload",
            List.of(16, 128, 1_024, 8_192, 65_536),
            size -> Appending.ofPayloads(url, size, messages)),
        new Curve(
            "tenants",
            "Consuming the streams of tenants",
            "tenants of one worker",
            List.of(1, 10, 100, 1_000),
            size -> Consuming.ofTenants("consume", url, size, messages)),
        new Curve(
            "pending",
            "Consuming while others hold entries",
            "pending entries of another consumer",
            List.of(1, 100, 10_000, 100_000),
            size -> Consuming.besidePending("consume", url, size, messages)));
  }
}
