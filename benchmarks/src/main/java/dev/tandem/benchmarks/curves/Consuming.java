package dev.tandem.benchmarks.curves;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Round;
import dev.tandem.benchmarks.harness.Stopwatch;
import dev.tandem.benchmarks.harness.Work;
import dev.tandem.benchmarks.peers.JedisPeer;
import dev.tandem.benchmarks.streams.Acknowledged;
import dev.tandem.streams.StreamAdmin;
import dev.tandem.streams.StreamPosition;
import dev.tandem.streams.StreamWorker;
import dev.tandem.streams.StreamWorkerBuilder;
import dev.tandem.tenant.GroupKeys;
import dev.tandem.tenant.Tenant;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.params.XAddParams;

/**
 * Reads the streams of tenants as a group and acknowledges, while another consumer of the group
 * holds entries that nobody acknowledges: by hand with one command for all streams, and by one
 * worker.
 */
final class Consuming implements Work {
  private static final int BATCH = 500;
  private static final String GROUP = "group";
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final String name;
  private final Site site;
  private final List<Tenant> tenants;
  private final int pending;
  private final int messages;

  private Consuming(String name, Site site, int tenants, int pending, int messages) {
    this.name = name;
    this.site = site;
    this.tenants = IntStream.range(0, tenants).mapToObj(site::tenant).toList();
    this.pending = pending;
    int each = Math.max(1, messages / tenants);
    this.messages = each * tenants;
    this.tenants.forEach(tenant -> fill(tenant, pending + each));
  }

  /** Of so many tenants. */
  static Work ofTenants(String name, URI url, int tenants, int messages) {
    return new Consuming(name, new Site(url, Appending.PAYLOAD), tenants, 0, messages);
  }

  /** Of one tenant, with so many entries pending. */
  static Work besidePending(String name, URI url, int pending, int messages) {
    return new Consuming(name, new Site(url, Appending.PAYLOAD), 1, pending, messages);
  }

  private void fill(Tenant tenant, int entries) {
    byte[] stream = site.keys(tenant).stream().bytes();
    Map<byte[], byte[]> fields = site.fields();
    JedisPeer.inPipelines(
        site.jedis(),
        entries,
        JedisPeer.BATCH,
        (pipeline, number) -> pipeline.xadd(stream, XAddParams.xAddParams(), fields));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<Contender> contenders() {
    return List.of(new Loop(), new Worker());
  }

  @Override
  public void clean() {
    tenants.forEach(tenant -> Groups.remove(site.jedis(), group(tenant)));
  }

  @Override
  public void close() {
    tenants.forEach(tenant -> site.jedis().del(site.keys(tenant).stream().bytes()));
    site.close();
  }

  private GroupKeys group(Tenant tenant) {
    return site.keys(tenant).group(GROUP);
  }

  private List<byte[]> streams() {
    return tenants.stream().map(tenant -> site.keys(tenant).stream().bytes()).toList();
  }

  private byte[] groupName() {
    return Groups.bytes(group(tenants.get(0)).group());
  }

  /** Reads entries for a consumer that does nothing with them. */
  private void leavePending() {
    int held = 0;
    while (held < pending) {
      for (Groups.Reply reply :
          Groups.read(
              site.jedis(), groupName(), "idle", Math.min(BATCH, pending - held), streams())) {
        held += reply.ids().length;
      }
    }
  }

  /** By hand. */
  private final class Loop implements Contender {
    @Override
    public String name() {
      return "Jedis loop";
    }

    @Override
    public Library library() {
      return Library.JEDIS;
    }

    @Override
    public Round round() {
      List<byte[]> streams = streams();
      byte[] group = groupName();
      streams.forEach(stream -> site.jedis().xgroupCreate(stream, group, Groups.bytes("0"), false));
      leavePending();
      try (Jedis jedis = site.openJedis()) {
        Stopwatch watch = Stopwatch.start();
        long acknowledged = 0;
        List<Groups.Reply> replies = Groups.read(jedis, group, "loop", BATCH, streams);
        while (!replies.isEmpty()) {
          try (Pipeline pipeline = jedis.pipelined()) {
            for (Groups.Reply reply : replies) {
              pipeline.xack(reply.stream(), group, reply.ids());
              acknowledged += reply.ids().length;
            }
          }
          replies = Groups.read(jedis, group, "loop", BATCH, streams);
        }
        return watch.stop().round(messages, acknowledged);
      }
    }
  }

  /** By a worker of all tenants. */
  private final class Worker implements Contender {
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
      if (pending > 0) {
        StreamAdmin.of(site.redis())
            .createGroup(tenants.get(0), site.topic().name(), GROUP, StreamPosition.beginning());
        leavePending();
      }
      Acknowledged acknowledged = Acknowledged.of(site.redis(), site.topic().name(), GROUP);
      try (StreamWorker worker = worker()) {
        Stopwatch watch = Stopwatch.start();
        worker.start();
        while (acknowledged.count() < messages && watch.elapsed().compareTo(PATIENCE) < 0) {
          LockSupport.parkNanos(LOOK_NANOS);
        }
        return watch.stop().round(messages, acknowledged.count());
      }
    }

    private StreamWorker worker() {
      StreamWorkerBuilder<byte[]> builder =
          StreamWorker.builder(site.redis(), site.topic()).group(GROUP);
      return builder.tenants(tenants).handler((message, delivery) -> {}).build();
    }
  }
}
