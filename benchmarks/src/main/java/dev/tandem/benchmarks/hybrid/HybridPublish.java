package dev.tandem.benchmarks.hybrid;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Work;
import java.util.List;

/** Publishing to a stream and a recoverable channel that nobody is subscribed to. */
record HybridPublish(String name, HybridBench bench, List<Contender> contenders) implements Work {
  /** Beside a pipeline that appends to the stream alone. */
  static HybridPublish besideXadds(HybridBench bench, int messages) {
    return new HybridPublish(
        "hybrid",
        bench,
        List.of(new JedisXadds(bench, messages), TandemHybrid.plain(bench, messages)));
  }

  /** Likewise, each message published once even if a reply is lost. */
  static HybridPublish idempotent(HybridBench bench, int messages) {
    return new HybridPublish(
        "hybrid-idempotent",
        bench,
        List.of(new JedisXadds(bench, messages), TandemHybrid.idempotent(bench, messages)));
  }

  /** Beside the two halves as separate calls by hand. */
  static HybridPublish besideHalves(HybridBench bench, int messages) {
    return new HybridPublish(
        "hybrid-halves",
        bench,
        List.of(new JedisHalves(bench, messages), TandemHybrid.plain(bench, messages)));
  }

  /** Beside the two halves as separate calls of Tandem's. */
  static HybridPublish besideOwnHalves(HybridBench bench, int messages) {
    return new HybridPublish(
        "hybrid-own-halves",
        bench,
        List.of(new TandemHalves(bench, messages), TandemHybrid.plain(bench, messages)));
  }

  @Override
  public void clean() {
    bench.clean();
  }
}
