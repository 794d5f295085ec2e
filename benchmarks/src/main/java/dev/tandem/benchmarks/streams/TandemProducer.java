package dev.tandem.benchmarks.streams;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Round;
import dev.tandem.benchmarks.harness.Stopwatch;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamProducer;
import dev.tandem.streams.StreamProducerBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.ObjIntConsumer;
import java.util.function.UnaryOperator;

/** Appends with a {@link StreamProducer}, from one thread. */
record TandemProducer(
    String name,
    Bench bench,
    int messages,
    UnaryOperator<StreamProducerBuilder> setup,
    ObjIntConsumer<StreamProducer> sending,
    RedisConnection redis)
    implements Contender {

  /** Sends all, then waits for all. */
  static TandemProducer futures(Bench bench, int messages) {
    return futures("Tandem futures", bench, messages, builder -> builder);
  }

  /** Likewise, and a lost reply duplicates nothing. */
  static TandemProducer idempotent(Bench bench, int messages) {
    return futures("Tandem idempotent", bench, messages, StreamProducerBuilder::idempotent);
  }

  private static TandemProducer futures(
      String name, Bench bench, int messages, UnaryOperator<StreamProducerBuilder> setup) {
    return new TandemProducer(
        name,
        bench,
        messages,
        setup,
        (producer, count) -> {
          List<CompletableFuture<?>> results = new ArrayList<>(count);
          for (int sent = 0; sent < count; sent++) {
            results.add(producer.send(bench.tenant(), bench.topic(), bench.message()));
          }
          results.forEach(CompletableFuture::join);
        },
        bench.redis());
  }

  /** Sends all, then waits for all, for a tenant with quotas that are far away. */
  static TandemProducer underQuotas(Bench bench, int messages) {
    TandemProducer plain = futures(bench, messages);
    return new TandemProducer(
        "Tandem futures, with quotas",
        bench,
        messages,
        plain.setup(),
        plain.sending(),
        bench.enforcing());
  }

  /** Waits for each. */
  static TandemProducer waiting(Bench bench, int messages) {
    return new TandemProducer(
        "Tandem sendAndWait",
        bench,
        messages,
        builder -> builder,
        (producer, count) -> {
          for (int sent = 0; sent < count; sent++) {
            producer.sendAndWait(bench.tenant(), bench.topic(), bench.message());
          }
        },
        bench.redis());
  }

  @Override
  public Library library() {
    return Library.TANDEM;
  }

  @Override
  public Round round() {
    try (StreamProducer producer = setup.apply(StreamProducer.builder(redis)).build()) {
      Stopwatch watch = Stopwatch.start();
      sending.accept(producer, messages);
      Stopwatch.Taken taken = watch.stop();
      return taken.round(messages, bench.length());
    }
  }
}
