package dev.tandem.benchmarks.hybrid;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Round;
import dev.tandem.benchmarks.harness.Stopwatch;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.streams.StreamProducer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The two halves as separate calls of Tandem's, each batched by itself; not atomic. */
record TandemHalves(HybridBench bench, int messages) implements Contender {
  @Override
  public String name() {
    return "Tandem two halves";
  }

  @Override
  public Library library() {
    return Library.TANDEM;
  }

  @Override
  public Round round() {
    try (StreamProducer producer = StreamProducer.builder(bench.redis()).build();
        LiveBus bus = LiveBus.builder(bench.redis()).build()) {
      Stopwatch watch = Stopwatch.start();
      List<CompletableFuture<?>> results = new ArrayList<>(2 * messages);
      for (int sent = 0; sent < messages; sent++) {
        results.add(producer.send(bench.tenant(), bench.topic(), bench.message()));
        results.add(bus.publishAsync(bench.tenant(), bench.channel(), bench.message()));
      }
      results.forEach(CompletableFuture::join);
      Stopwatch.Taken taken = watch.stop();
      return taken.round(messages, Math.min(bench.entries(), bench.versions()));
    }
  }
}
