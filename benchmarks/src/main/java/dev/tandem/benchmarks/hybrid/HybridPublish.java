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
        List.of(
            new JedisXadds(bench, messages),
            TandemHybrid.plain(bench, messages),
            TandemHybrid.idempotent(bench, messages)));
  }

  /** Beside the two halves as separate calls. */
  static HybridPublish besideHalves(HybridBench bench, int messages) {
    return new HybridPublish(
        "hybrid-halves",
        bench,
        List.of(
            new TandemHalves(bench, messages),
            new JedisHalves(bench, messages),
            TandemHybrid.plain(bench, messages)));
  }

  @Override
  public void clean() {
    bench.clean();
  }
}
