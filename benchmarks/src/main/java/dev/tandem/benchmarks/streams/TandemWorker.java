package dev.tandem.benchmarks.streams;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Round;
import dev.tandem.streams.StreamWorker;
import dev.tandem.tenant.GroupKeys;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Consumes with a {@link StreamWorker} as it comes: leases, metrics, decoded payloads, and a
 * handler that does nothing.
 */
record TandemWorker(Bench bench, int messages) implements Contender {
  private static final long LOOK_NANOS = TimeUnit.MICROSECONDS.toNanos(200);
  private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(1);

  @Override
  public String name() {
    return "Tandem worker";
  }

  @Override
  public Round round() {
    GroupKeys group = bench.group("worker");
    try (StreamWorker worker = worker(group.group())) {
      long start = System.nanoTime();
      worker.start();
      while (worker.stats().acknowledged() < messages
          && System.nanoTime() - start < PATIENCE_NANOS) {
        LockSupport.parkNanos(LOOK_NANOS);
      }
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      return new Round(messages, messages - worker.stats().acknowledged(), took);
    } finally {
      bench.removeGroup(group);
    }
  }

  private StreamWorker worker(String group) {
    return StreamWorker.builder(bench.redis(), bench.topic())
        .tenant(bench.tenant())
        .group(group)
        .handler((message, delivery) -> {})
        .build();
  }
}
