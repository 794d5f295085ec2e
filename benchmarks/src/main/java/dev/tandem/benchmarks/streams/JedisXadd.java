package dev.tandem.benchmarks.streams;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Round;
import dev.tandem.benchmarks.harness.Stopwatch;
import java.util.Map;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.XAddParams;

/** Appends one message after the other. */
record JedisXadd(Bench bench, int messages) implements Contender {
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
    byte[] stream = bench.stream().bytes();
    Map<byte[], byte[]> fields = bench.fields();
    try (Jedis jedis = bench.openJedis()) {
      Stopwatch watch = Stopwatch.start();
      for (int sent = 0; sent < messages; sent++) {
        jedis.xadd(stream, XAddParams.xAddParams(), fields);
      }
      Stopwatch.Taken taken = watch.stop();
      return taken.round(messages, bench.length());
    }
  }
}
