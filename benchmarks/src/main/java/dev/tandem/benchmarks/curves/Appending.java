package dev.tandem.benchmarks.curves;

import dev.tandem.benchmarks.harness.Awaiting;
import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Round;
import dev.tandem.benchmarks.harness.Stopwatch;
import dev.tandem.benchmarks.harness.Work;
import dev.tandem.benchmarks.peers.JedisPeer;
import dev.tandem.redis.batch.BatchSettings;
import dev.tandem.streams.StreamProducer;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.XAddParams;

/**
 * Appends messages to a stream, so many in one round trip: pipelines by hand beside a producer
 * whose batches are as large.
 */
record Appending(Site site, int batch, int messages) implements Work {
  /** Bytes of a payload where it is not what grows. */
  static final int PAYLOAD = 200;

  private static final int MOST_BATCH_BYTES = 1 << 20;
  private static final int MOST_BYTES = 100 << 20;

  /** With batches of so many messages. */
  static Work inBatches(URI url, int batch, int messages) {
    // A round trip each costs so much that fewer of them say as much.
    return new Appending(new Site(url, PAYLOAD), batch, Math.min(messages, 2_000 * batch));
  }

  /** With payloads of so many bytes, and batches of a mebibyte at most. */
  static Work ofPayloads(URI url, int payload, int messages) {
    return new Appending(
        new Site(url, payload),
        Math.min(BatchSettings.DEFAULT.maxEntries(), MOST_BATCH_BYTES / payload),
        Math.min(messages, MOST_BYTES / payload));
  }

  @Override
  public String name() {
    return "append";
  }

  @Override
  public List<Contender> contenders() {
    return List.of(new Pipelines(this), new Batches(this));
  }

  byte[] stream() {
    return site.keys(site.tenant()).stream().bytes();
  }

  long length() {
    return site.jedis().xlen(stream());
  }

  @Override
  public void clean() {
    site.jedis().del(stream());
  }

  @Override
  public void close() {
    site.close();
  }

  /** By hand; see {@link JedisPeer}. */
  private record Pipelines(Appending work) implements Contender {
    @Override
    public String name() {
      return "Jedis pipelines";
    }

    @Override
    public Library library() {
      return Library.JEDIS;
    }

    @Override
    public Round round() {
      byte[] stream = work.stream();
      Map<byte[], byte[]> fields = work.site.fields();
      try (Jedis jedis = work.site.openJedis()) {
        Stopwatch watch = Stopwatch.start();
        JedisPeer.inPipelines(
            jedis,
            work.messages,
            work.batch,
            (pipeline, number) -> pipeline.xadd(stream, XAddParams.xAddParams(), fields));
        Stopwatch.Taken taken = watch.stop();
        return taken.round(work.messages, work.length());
      }
    }
  }

  /** By a producer. */
  private record Batches(Appending work) implements Contender {
    @Override
    public String name() {
      return "Tandem batches";
    }

    @Override
    public Library library() {
      return Library.TANDEM;
    }

    @Override
    public Round round() {
      Site site = work.site;
      try (StreamProducer producer =
          StreamProducer.builder(site.redis())
              .batching(BatchSettings.DEFAULT.batch(work.batch, MOST_BATCH_BYTES))
              .build()) {
        Stopwatch watch = Stopwatch.start();
        List<CompletableFuture<?>> results = new ArrayList<>(work.messages);
        for (int sent = 0; sent < work.messages; sent++) {
          results.add(producer.send(site.tenant(), site.topic(), site.message()));
        }
        results.forEach(Awaiting::result);
        Stopwatch.Taken taken = watch.stop();
        return taken.round(work.messages, work.length());
      }
    }
  }
}
