package dev.tandem.benchmarks.streams;

import dev.tandem.benchmarks.harness.Work;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/** All works of streams by name; each is made for a number of messages that a round moves. */
final class StreamsCatalog {
  private static final int SMALL = 100;
  private static final int KIBI = 1 << 10;
  private static final int LARGE = 64 * KIBI;

  /** How many times fewer messages than the plain works take as much time. */
  private static final Map<String, Integer> SHARES =
      Map.of(
          "produce-blocking", 20,
          "produce-blocking-16", 10,
          "produce-1k", 2,
          "produce-64k", 100,
          "consume-ack-each", 20,
          "consume-1ms", 50);

  private StreamsCatalog() {}

  /** What there is. */
  static List<String> names() {
    return List.of(
        "produce",
        "produce-idempotent",
        "produce-blocking",
        "produce-blocking-16",
        "produce-quotas",
        "produce-100",
        "produce-1k",
        "produce-64k",
        "consume",
        "consume-ack-each",
        "consume-1ms",
        "consume-fairly",
        "handle");
  }

  /** By which the messages of a run are divided for this work. */
  static int share(String work) {
    return SHARES.getOrDefault(work, 1);
  }

  /** How each is made. */
  static Map<String, IntFunction<Work>> of(Bench bench) {
    Map<String, IntFunction<Work>> works = new LinkedHashMap<>();
    for (String name : names()) {
      works.put(name, messages -> open(name, bench, messages));
    }
    return Collections.unmodifiableMap(works);
  }

  private static Work open(String name, Bench bench, int messages) {
    return switch (name) {
      case "produce" -> Produce.asynchronous(bench, messages);
      case "produce-idempotent" -> Produce.idempotent(bench, messages);
      case "produce-blocking" -> Produce.blocking(bench, messages);
      case "produce-blocking-16" -> Produce.blockingInThreads(bench, messages);
      case "produce-quotas" -> Produce.underQuotas(bench, messages);
      case "produce-100" -> Produce.asynchronous(name, bench.withPayload(SMALL), messages);
      case "produce-1k" -> Produce.asynchronous(name, bench.withPayload(KIBI), messages);
      case "produce-64k" -> Produce.asynchronous(name, bench.withPayload(LARGE), messages);
      case "consume" -> Consume.of(bench, messages);
      case "consume-ack-each" -> Consume.acknowledgingEach(bench, messages);
      case "consume-1ms" -> Consume.slowly(bench, messages);
      case "consume-fairly" -> FairConsume.of(bench, messages);
      case "handle" -> Handle.of(bench, messages);
      default -> throw new IllegalArgumentException("there is no work " + name);
    };
  }
}
