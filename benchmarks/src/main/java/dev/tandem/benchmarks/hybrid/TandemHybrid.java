package dev.tandem.benchmarks.hybrid;

import dev.tandem.benchmarks.harness.Awaiting;
import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Round;
import dev.tandem.benchmarks.harness.Route;
import dev.tandem.benchmarks.harness.Stopwatch;
import dev.tandem.benchmarks.harness.Times;
import dev.tandem.hybrid.FixedRoute;
import dev.tandem.hybrid.HybridPublisher;
import dev.tandem.hybrid.HybridPublisherBuilder;
import dev.tandem.hybrid.HybridReceipt;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;

/** Both halves at once with a {@link HybridPublisher}, from one thread. */
record TandemHybrid(
    String name, HybridBench bench, int messages, UnaryOperator<HybridPublisherBuilder> setup)
    implements Contender {
  /** Sends all, then waits for all. */
  static TandemHybrid plain(HybridBench bench, int messages) {
    return new TandemHybrid("Tandem hybrid", bench, messages, builder -> builder);
  }

  /** Likewise, and a lost reply duplicates nothing. */
  static TandemHybrid idempotent(HybridBench bench, int messages) {
    return new TandemHybrid(
        "Tandem idempotent", bench, messages, HybridPublisherBuilder::idempotent);
  }

  @Override
  public Library library() {
    return Library.TANDEM;
  }

  @Override
  public Round round() {
    FixedRoute<byte[]> route = bench.route();
    try (HybridPublisher publisher = setup.apply(HybridPublisher.builder(bench.redis())).build()) {
      Stopwatch watch = Stopwatch.start();
      List<CompletableFuture<HybridReceipt>> results = new ArrayList<>(messages);
      for (int sent = 0; sent < messages; sent++) {
        results.add(publisher.publishAsync(bench.tenant(), bench.message(), route));
      }
      results.forEach(Awaiting::result);
      Stopwatch.Taken taken = watch.stop();
      return taken.round(messages, Math.min(bench.entries(), bench.versions()));
    }
  }

  @Override
  public Route route(Times times) {
    FixedRoute<byte[]> way = bench.route();
    HybridPublisher publisher = setup.apply(HybridPublisher.builder(bench.redis())).build();
    return new Route() {
      @Override
      public void send(int number) {
        var unused =
            publisher
                .publishAsync(bench.tenant(), bench.message(), way)
                .thenRun(() -> times.arrived(number));
      }

      @Override
      public void close() {
        publisher.close();
        bench.clean();
      }
    };
  }
}
