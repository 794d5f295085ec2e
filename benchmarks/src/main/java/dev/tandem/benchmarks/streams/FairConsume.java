package dev.tandem.benchmarks.streams;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Round;
import dev.tandem.benchmarks.harness.Stopwatch;
import dev.tandem.benchmarks.harness.Work;
import dev.tandem.streams.StreamWorker;
import dev.tandem.streams.StreamWorkerBuilder;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.StreamKeys;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/**
 * One worker that handles the messages of one tenant, or as many of a hundred that take turns; the
 * same entries in every round.
 */
record FairConsume(Bench bench, List<Contender> contenders, List<Tenant> tenants) implements Work {
  private static final int TENANTS = 100;

  /** Fills the streams. */
  static FairConsume of(Bench bench, int messages) {
    List<Tenant> tenants =
        IntStream.range(0, TENANTS).mapToObj(i -> Tenant.of(bench.tenant() + "-" + i)).toList();
    int each = messages / TENANTS;
    Consume.fill(bench, each * TENANTS);
    tenants.forEach(tenant -> Consume.fill(bench, keys(bench, tenant).stream(), each));
    Contender alone = new OfTenants(bench, "one tenant", List.of(bench.tenant()), each * TENANTS);
    Contender fair = new OfTenants(bench, TENANTS + " tenants", tenants, each * TENANTS);
    return new FairConsume(bench, List.of(alone, fair), tenants);
  }

  private static StreamKeys keys(Bench bench, Tenant tenant) {
    return KeyLayout.of(bench.redis()).stream(tenant, bench.topic().name());
  }

  @Override
  public String name() {
    return "consume-fairly";
  }

  @Override
  public void close() {
    bench.removeStream();
    tenants.forEach(tenant -> bench.admin().del(keys(bench, tenant).stream().bytes()));
  }

  /** A worker of these tenants, which makes their groups first. */
  private record OfTenants(Bench bench, String name, List<Tenant> tenants, int messages)
      implements Contender {
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    @Override
    public Library library() {
      return Library.TANDEM;
    }

    @Override
    public Round round() {
      String group = bench.group("fair").group();
      try (StreamWorker worker = worker(group)) {
        Acknowledged acknowledged = Acknowledged.in(bench, group);
        Stopwatch watch = Stopwatch.start();
        worker.start();
        while (acknowledged.count() < messages && watch.elapsed().compareTo(PATIENCE) < 0) {
          LockSupport.parkNanos(LOOK_NANOS);
        }
        Stopwatch.Taken taken = watch.stop();
        return taken.round(messages, acknowledged.count());
      } finally {
        tenants.forEach(tenant -> bench.removeGroup(keys(bench, tenant).group(group)));
      }
    }

    private StreamWorker worker(String group) {
      StreamWorkerBuilder<byte[]> builder =
          StreamWorker.builder(bench.redis(), bench.topic()).group(group);
      return builder.tenants(tenants).handler((message, delivery) -> {}).build();
    }
  }
}
