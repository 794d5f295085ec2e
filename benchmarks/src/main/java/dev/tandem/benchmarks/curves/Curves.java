package dev.tandem.benchmarks.curves;

import dev.tandem.benchmarks.harness.NamedWorks;
import dev.tandem.benchmarks.harness.Works;
import dev.tandem.benchmarks.live.LiveWorks;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** All curves. */
public final class Curves {
  private static final int MESSAGES = 100_000;
  private static final int QUICK_MESSAGES = 20_000;

  private static final int TENANTS = 100;
  private static final List<Integer> UP_TO_10000 = List.of(1, 10, 100, 1_000, 10_000);

  /** How many times as many deliveries as messages there may be when there are many listeners. */
  private static final int MOST_DELIVERIES = 20;

  private static final int FEWEST = 20;

  private Curves() {}

  /** Points of curves that are works by themselves. */
  public static Works works(URI url) {
    String name = "consume-tenants";
    return new NamedWorks(
        Map.of(name, messages -> Consuming.ofTenants(name, url, TENANTS, messages)), () -> {});
  }

  /** Those over this server; a quick run moves fewer messages. */
  public static List<Curve> over(URI url, boolean quick) {
    return of(url, quick ? QUICK_MESSAGES : MESSAGES);
  }

  /** Those over this server; points whose messages cost much have fewer of them. */
  static List<Curve> of(URI url, int messages) {
    return Stream.of(streams(url, messages), channels(url, messages))
        .flatMap(List::stream)
        .toList();
  }

  private static List<Curve> streams(URI url, int messages) {
    return List.of(
        new Curve(
            "batch-size",
            "Appending to a stream",
            "messages",
            "messages in one round trip",
            List.of(1, 4, 16, 64, 256, 1_024, 4_096),
            size -> Appending.inBatches(url, size, messages)),
        new Curve(
            "payload",
            "Appending to a stream",
            "messages",
            "bytes of a payload",
            List.of(16, 128, 1_024, 8_192, 65_536),
            size -> Appending.ofPayloads(url, size, messages)),
        new Curve(
            "tenants",
            "Consuming the streams of tenants",
            "messages",
            "tenants of one worker",
            List.of(1, 10, 100, 1_000),
            size -> Consuming.ofTenants("consume", url, size, messages)),
        new Curve(
            "pending",
            "Consuming while others hold entries",
            "messages",
            "pending entries of another consumer",
            List.of(1, 100, 10_000, 100_000),
            size -> Consuming.besidePending("consume", url, size, messages)));
  }

  private static List<Curve> channels(URI url, int messages) {
    return List.of(
        new Curve(
            "subscribing",
            "Subscribing to channels",
            "subscriptions",
            "channels",
            UP_TO_10000,
            size -> LiveWorks.subscribing(url, size)),
        new Curve(
            "channels",
            "Publishing to channels in turn",
            "messages",
            "channels with a listener each",
            UP_TO_10000,
            size -> LiveWorks.delivering(url, size, 1, messages)),
        new Curve(
            "subscribers",
            "Publishing to one channel",
            "deliveries",
            "listeners of the channel",
            UP_TO_10000,
            size -> LiveWorks.delivering(url, 1, size, fannedOut(messages, size))));
  }

  /** So few messages that their deliveries are not too many, but some. */
  private static int fannedOut(int messages, int listeners) {
    return Math.max(FEWEST, Math.min(messages, MOST_DELIVERIES * messages / listeners));
  }
}
