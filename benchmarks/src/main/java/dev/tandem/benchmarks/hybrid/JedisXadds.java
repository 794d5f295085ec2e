package dev.tandem.benchmarks.hybrid;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Round;
import dev.tandem.benchmarks.harness.Route;
import dev.tandem.benchmarks.harness.Stopwatch;
import dev.tandem.benchmarks.harness.Times;
import dev.tandem.benchmarks.peers.JedisPeer;
import java.util.Map;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.XAddParams;

/** Appends to the stream alone, in pipelines, as one would by hand; see {@link JedisPeer}. */
record JedisXadds(HybridBench bench, int messages) implements Contender {
  @Override
  public String name() {
    return "Jedis XADD";
  }

  @Override
  public Library library() {
    return Library.JEDIS;
  }

  @Override
  public Round round() {
    byte[] stream = bench.stream();
    Map<byte[], byte[]> fields = bench.fields();
    try (Jedis jedis = bench.openJedis()) {
      Stopwatch watch = Stopwatch.start();
      JedisPeer.inPipelines(
          jedis,
          messages,
          JedisPeer.BATCH,
          (pipeline, number) -> pipeline.xadd(stream, XAddParams.xAddParams(), fields));
      Stopwatch.Taken taken = watch.stop();
      return taken.round(messages, bench.entries());
    }
  }

  @Override
  public Route route(Times times) {
    byte[] stream = bench.stream();
    Map<byte[], byte[]> fields = bench.fields();
    Jedis jedis = bench.openJedis();
    return new Route() {
      @Override
      public void send(int number) {
        jedis.xadd(stream, XAddParams.xAddParams(), fields);
        times.arrived(number);
      }

      @Override
      public void close() {
        jedis.close();
        bench.clean();
      }
    };
  }
}
