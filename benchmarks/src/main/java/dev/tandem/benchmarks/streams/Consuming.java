package dev.tandem.benchmarks.streams;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Round;
import dev.tandem.benchmarks.harness.Stopwatch;
import dev.tandem.tenant.GroupKeys;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** Consumes messages of a stream that is full already, as a new group in each round. */
record Consuming(
    String name,
    Library library,
    Bench bench,
    int messages,
    Consumer<byte[]> handler,
    Consumption.Opener opener)
    implements Contender {
  /** How long nothing may be acknowledged before what is missing counts as lost. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  @Override
  public Round round() {
    GroupKeys group = newGroup(bench, library, "0");
    try (Consumption consumption = opener.open(bench, group, handler)) {
      Stopwatch watch = Stopwatch.start();
      consumption.start();
      await(consumption, messages);
      Stopwatch.Taken taken = watch.stop();
      return taken.round(messages, Math.min(messages, consumption.acknowledged()));
    } finally {
      bench.removeGroup(group);
    }
  }

  /** Makes a group that begins after this id. */
  static GroupKeys newGroup(Bench bench, Library library, String after) {
    GroupKeys group = bench.group(library.id());
    bench
        .admin()
        .xgroupCreate(
            group.stream().bytes(), group.group().getBytes(UTF_8), after.getBytes(UTF_8), true);
    return group;
  }

  /** Waits until so many are acknowledged, or it is clear that some will not be. */
  static void await(Consumption consumption, long messages) {
    long before = 0;
    long since = System.nanoTime();
    long now = consumption.acknowledged();
    while (now < messages && System.nanoTime() - since < PATIENCE.toNanos()) {
      LockSupport.parkNanos(LOOK_NANOS);
      now = consumption.acknowledged();
      if (now != before) {
        before = now;
        since = System.nanoTime();
      }
    }
  }
}
