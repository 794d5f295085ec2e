package dev.tandem.benchmarks.streams;

import dev.tandem.api.Message;
import dev.tandem.benchmarks.harness.Awaiting;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamProducer;
import dev.tandem.streams.StreamProducerBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;

/** Appends with a {@link StreamProducer}: a future for each message, or {@code sendAndWait}. */
final class TandemAppender implements Appender {
  private final Bench bench;
  private final StreamProducer producer;

  private TandemAppender(
      Bench bench, RedisConnection redis, UnaryOperator<StreamProducerBuilder> setup) {
    this.bench = bench;
    this.producer = setup.apply(StreamProducer.builder(redis)).build();
  }

  static TandemAppender plain(Bench bench) {
    return new TandemAppender(bench, bench.redis(), builder -> builder);
  }

  /** One whose lost replies duplicate nothing. */
  static TandemAppender idempotent(Bench bench) {
    return new TandemAppender(bench, bench.redis(), StreamProducerBuilder::idempotent);
  }

  /** One that keeps the tenant within its quotas. */
  static TandemAppender enforcing(Bench bench) {
    return new TandemAppender(bench, bench.enforcing(), builder -> builder);
  }

  @Override
  public void appendAll(int messages) {
    List<CompletableFuture<?>> results = new ArrayList<>(messages);
    for (int sent = 0; sent < messages; sent++) {
      results.add(producer.send(bench.tenant(), bench.topic(), bench.message()));
    }
    results.forEach(Awaiting::result);
  }

  @Override
  public void appendAndWait() {
    producer.sendAndWait(bench.tenant(), bench.topic(), bench.message());
  }

  @Override
  public void append(byte[] payload, Runnable stored) {
    Message<byte[]> message = bench.message(payload);
    var unused = producer.send(bench.tenant(), bench.topic(), message).thenRun(stored);
  }

  @Override
  public void close() {
    producer.close();
  }
}
