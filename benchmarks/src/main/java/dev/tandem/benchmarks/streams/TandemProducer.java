package dev.tandem.benchmarks.streams;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Round;
import dev.tandem.benchmarks.harness.Stopwatch;
import dev.tandem.streams.StreamProducer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.ObjIntConsumer;

/** Appends with a {@link StreamProducer}, from one thread. */
record TandemProducer(
    String name, Bench bench, int messages, ObjIntConsumer<StreamProducer> sending)
    implements Contender {

  /** Sends all, then waits for all. */
  static TandemProducer futures(Bench bench, int messages) {
    return new TandemProducer(
        "Tandem futures",
        bench,
        messages,
        (producer, count) -> {
          List<CompletableFuture<?>> results = new ArrayList<>(count);
          for (int sent = 0; sent < count; sent++) {
            results.add(producer.send(bench.tenant(), bench.topic(), bench.message()));
          }
          results.forEach(CompletableFuture::join);
        });
  }

  /** Waits for each. */
  static TandemProducer waiting(Bench bench, int messages) {
    return new TandemProducer(
        "Tandem sendAndWait",
        bench,
        messages,
        (producer, count) -> {
          for (int sent = 0; sent < count; sent++) {
            producer.sendAndWait(bench.tenant(), bench.topic(), bench.message());
          }
        });
  }

  @Override
  public Round round() {
    try (StreamProducer producer = StreamProducer.builder(bench.redis()).build()) {
      Stopwatch watch = Stopwatch.start();
      sending.accept(producer, messages);
      Stopwatch.Taken taken = watch.stop();
      return taken.round(messages, bench.length());
    }
  }
}
