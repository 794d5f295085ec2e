package dev.tandem.benchmarks.hybrid;

import dev.tandem.benchmarks.harness.Work;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * All works of hybrid publishing by name; each is made for a number of messages that a round moves.
 * Other libraries have nothing of the kind.
 */
final class HybridCatalog {
  private HybridCatalog() {}

  /** What there is. */
  static List<String> names() {
    return List.of("hybrid", "hybrid-idempotent", "hybrid-halves", "hybrid-own-halves");
  }

  /** How each is made. */
  static Map<String, IntFunction<Work>> of(HybridBench bench) {
    Map<String, IntFunction<Work>> works = new LinkedHashMap<>();
    works.put("hybrid", messages -> HybridPublish.besideXadds(bench, messages));
    works.put("hybrid-idempotent", messages -> HybridPublish.idempotent(bench, messages));
    works.put("hybrid-halves", messages -> HybridPublish.besideHalves(bench, messages));
    works.put("hybrid-own-halves", messages -> HybridPublish.besideOwnHalves(bench, messages));
    return Collections.unmodifiableMap(works);
  }
}
