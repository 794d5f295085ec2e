package dev.tandem.benchmarks.streams;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Round;
import dev.tandem.benchmarks.harness.Stopwatch;
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
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  @Override
  public String name() {
    return "Tandem worker";
  }

  @Override
  public Library library() {
    return Library.TANDEM;
  }

  @Override
  public Round round() {
    GroupKeys group = bench.group("worker");
    try (StreamWorker worker = worker(group.group())) {
      Stopwatch watch = Stopwatch.start();
      worker.start();
      while (worker.stats().acknowledged() < messages && watch.elapsed().compareTo(PATIENCE) < 0) {
        LockSupport.parkNanos(LOOK_NANOS);
      }
      Stopwatch.Taken taken = watch.stop();
      return taken.round(messages, worker.stats().acknowledged());
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
