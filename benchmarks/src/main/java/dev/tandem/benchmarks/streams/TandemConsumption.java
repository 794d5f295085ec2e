package dev.tandem.benchmarks.streams;

import dev.tandem.streams.StreamWorker;
import dev.tandem.streams.StreamWorkerBuilder;
import dev.tandem.tenant.GroupKeys;
import java.util.function.Consumer;

/**
 * Consumes with a {@link StreamWorker} as it comes: leases, metrics, decoded payloads; a message is
 * acknowledged when it is handled, with others on the way.
 */
final class TandemConsumption implements Consumption {
  private final StreamWorker worker;
  private final Acknowledged acknowledged;

  private TandemConsumption(
      Bench bench, GroupKeys group, Consumer<byte[]> handler, int concurrency) {
    this.worker =
        StreamWorker.builder(bench.redis(), bench.topic())
            .tenant(bench.tenant())
            .group(group.group())
            .concurrency(concurrency)
            .handler((message, delivery) -> handler.accept(message.payload()))
            .build();
    this.acknowledged = Acknowledged.in(bench, group.group());
  }

  /** With the usual concurrency. */
  static TandemConsumption usual(Bench bench, GroupKeys group, Consumer<byte[]> handler) {
    return new TandemConsumption(bench, group, handler, StreamWorkerBuilder.DEFAULT_CONCURRENCY);
  }

  /** With so many messages handled at a time. */
  static Opener concurrent(int concurrency) {
    return (bench, group, handler) -> new TandemConsumption(bench, group, handler, concurrency);
  }

  @Override
  public void start() {
    worker.start();
  }

  @Override
  public long acknowledged() {
    return acknowledged.count();
  }

  @Override
  public void close() {
    worker.close();
  }
}
