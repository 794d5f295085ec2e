package dev.tandem.benchmarks.streams;

import dev.tandem.benchmarks.harness.Measurement;
import dev.tandem.benchmarks.harness.ServerWork;
import dev.tandem.benchmarks.harness.Stopwatch;
import dev.tandem.benchmarks.harness.ThreadWork;
import dev.tandem.streams.StreamProducer;
import dev.tandem.streams.StreamWorker;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.StreamKeys;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * What one worker of many tenants costs while none of them gets a message, in percent of a core,
 * and how long a first message of one takes then.
 *
 * @param settling how long the worker has first, to set up its groups
 * @param watched how long it is watched then
 */
record IdleTenants(Bench bench, int tenants, Duration settling, Duration watched)
    implements Measurement {
  private static final int FIRST_MESSAGES = 20;
  private static final long MEBI = 1 << 20;

  /** Ten thousand tenants, watched for 20 seconds. */
  static IdleTenants of(Bench bench) {
    return new IdleTenants(bench, 10_000, Duration.ofSeconds(30), Duration.ofSeconds(20));
  }

  @Override
  public String name() {
    return "idle-tenants";
  }

  @Override
  public List<Figure> measure() throws InterruptedException {
    List<Tenant> all =
        IntStream.range(0, tenants).mapToObj(i -> Tenant.of(bench.tenant() + "-" + i)).toList();
    Semaphore came = new Semaphore(0);
    long connectionsBefore = connections();
    long heapBefore = heap();
    try (StreamWorker worker =
            StreamWorker.builder(bench.redis(), bench.topic())
                .tenants(all)
                .group("idle")
                .handler((message, delivery) -> came.release())
                .build();
        StreamProducer producer = StreamProducer.builder(bench.redis()).build()) {
      worker.start();
      TimeUnit.MILLISECONDS.sleep(settling.toMillis());
      ServerWork server = new ServerWork(bench.admin());
      Duration before = server.cpu();
      ThreadWork threads = ThreadWork.start();
      Stopwatch watch = Stopwatch.start();
      TimeUnit.MILLISECONDS.sleep(watched.toMillis());
      Stopwatch.Taken taken = watch.stop();
      Duration own = threads.soFar();
      Duration worked = server.cpu().minus(before);
      double slowest = 0;
      for (int i = 0; i < FIRST_MESSAGES; i++) {
        Stopwatch first = Stopwatch.start();
        Tenant tenant = all.get((i + 1) * (tenants / FIRST_MESSAGES) - 1);
        producer.sendAndWait(tenant, bench.topic(), bench.message());
        boolean unused = came.tryAcquire(1, TimeUnit.MINUTES);
        slowest = Math.max(slowest, first.elapsed().toNanos() / 1e6);
      }
      return List.of(
          new Figure("tenants", tenants, ""),
          new Figure("the worker's threads", percent(own, taken.time()), "% of a core"),
          new Figure("this JVM in all", percent(taken.work(), taken.time()), "% of a core"),
          new Figure("the server", percent(worked, taken.time()), "% of a core"),
          new Figure("connections more", connections() - connectionsBefore, ""),
          new Figure("heap more", (heap() - heapBefore) / (double) MEBI, "MiB"),
          new Figure("slowest of " + FIRST_MESSAGES + " first messages", slowest, "ms"));
    } finally {
      for (Tenant tenant : all) {
        StreamKeys keys = KeyLayout.of(bench.redis()).stream(tenant, bench.topic().name());
        bench.removeGroup(keys.group("idle"));
        bench.admin().del(keys.stream().bytes());
      }
    }
  }

  private long connections() {
    return bench.admin().clientList().lines().count();
  }

  private static long heap() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  private static double percent(Duration part, Duration whole) {
    return 100.0 * part.toNanos() / whole.toNanos();
  }
}
