package dev.tandem.benchmarks.hybrid;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Round;
import dev.tandem.benchmarks.harness.Route;
import dev.tandem.benchmarks.harness.Stopwatch;
import dev.tandem.benchmarks.harness.Times;
import java.util.Map;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.params.XAddParams;

/** Appends to the stream alone, in pipelines of {@value #DEPTH}, as one would by hand. */
record JedisXadds(HybridBench bench, int messages) implements Contender {
  private static final int DEPTH = 1_024;

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
      int sent = 0;
      while (sent < messages) {
        try (Pipeline pipeline = jedis.pipelined()) {
          int until = Math.min(messages, sent + DEPTH);
          for (; sent < until; sent++) {
            pipeline.xadd(stream, XAddParams.xAddParams(), fields);
          }
          pipeline.sync();
        }
      }
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
