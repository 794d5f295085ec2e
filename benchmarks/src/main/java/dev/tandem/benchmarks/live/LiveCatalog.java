package dev.tandem.benchmarks.live;

import dev.tandem.benchmarks.harness.Work;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/** All works of channels by name; each is made for a number of messages that a round moves. */
final class LiveCatalog {
  private static final int SMALL = 100;
  private static final int KIBI = 1 << 10;
  private static final int LARGE = 64 * KIBI;

  /** How many times fewer messages than the plain works take as much time. */
  private static final Map<String, Integer> SHARES =
      Map.of(
          "recoverable-one", 20,
          "fleeting-1k", 2,
          "fleeting-64k", 100,
          "recoverable-1k", 2,
          "recoverable-64k", 100,
          "fan-out", 200,
          "fan-out-10000", 2_000,
          "channels-1000", 2,
          "channels-10000", 2,
          "resume-storm", 20);

  private LiveCatalog() {}

  /** What there is. */
  static List<String> names() {
    return Stream.concat(usual().stream(), longer().stream()).toList();
  }

  /** What takes no longer than most. */
  static List<String> usual() {
    return List.of(
        "fleeting",
        "fleeting-100",
        "fleeting-1k",
        "fleeting-64k",
        "recoverable",
        "recoverable-100",
        "recoverable-1k",
        "recoverable-64k",
        "recoverable-one");
  }

  /** What takes long. */
  static List<String> longer() {
    return List.of("fan-out", "fan-out-10000", "channels-1000", "channels-10000", "resume-storm");
  }

  /** By which the messages of a run are divided for this work. */
  static int share(String work) {
    return SHARES.getOrDefault(work, 1);
  }

  /** How each is made. */
  static Map<String, IntFunction<Work>> of(LiveBench bench) {
    Map<String, IntFunction<Work>> works = new LinkedHashMap<>();
    for (String name : names()) {
      works.put(name, messages -> open(name, bench, messages));
    }
    return Collections.unmodifiableMap(works);
  }

  private static Work open(String name, LiveBench bench, int messages) {
    return switch (name) {
      case "fleeting", "fleeting-100", "fleeting-1k", "fleeting-64k" ->
          PublishSubscribe.fleeting(name, sized(bench, name), messages);
      case "recoverable", "recoverable-100", "recoverable-1k", "recoverable-64k" ->
          PublishSubscribe.recoverable(name, sized(bench, name), messages);
      case "recoverable-one" -> OneAtATime.of(bench, messages);
      case "fan-out" -> PublishSubscribe.fanOut(name, bench, messages, 1_000);
      case "fan-out-10000" -> PublishSubscribe.fanOut(name, bench, messages, 10_000);
      case "channels-1000" -> PublishSubscribe.channels(name, bench, messages, 1_000);
      case "channels-10000" -> PublishSubscribe.channels(name, bench, messages, 10_000);
      case "resume-storm" -> ResumeStorm.of(bench, messages);
      default -> throw new IllegalArgumentException("there is no work " + name);
    };
  }

  private static LiveBench sized(LiveBench bench, String name) {
    return name.endsWith("-100")
        ? bench.withPayload(SMALL)
        : name.endsWith("-1k")
            ? bench.withPayload(KIBI)
            : name.endsWith("-64k") ? bench.withPayload(LARGE) : bench;
  }
}
