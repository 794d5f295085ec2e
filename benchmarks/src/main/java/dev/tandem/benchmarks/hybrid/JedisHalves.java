package dev.tandem.benchmarks.hybrid;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Round;
import dev.tandem.benchmarks.harness.Stopwatch;
import dev.tandem.benchmarks.peers.JedisPeer;
import java.util.List;
import java.util.Map;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.XAddParams;

/**
 * The two halves by hand, as separate calls in pipelines: {@code XADD}, and a short script that
 * gives the live message a version, stores it, trims and publishes. Nothing holds the halves
 * together. See {@link JedisPeer}.
 */
record JedisHalves(HybridBench bench, int messages) implements Contender {
  /** Keys: a stream of what is stored. Arguments: channel, payload, how many are kept. */
  private static final String PUBLISH =
      """
      local version = redis.call('INCR', KEYS[1] .. ':version')
      local frame = version .. ':' .. ARGV[2]
      local from = math.max(0, version - ARGV[3] + 1)
      redis.call('XADD', KEYS[1], 'MINID', from, version, 'frame', frame)
      redis.call('PUBLISH', ARGV[1], frame)
      return version
      """;

  @Override
  public String name() {
    return "Jedis two halves";
  }

  @Override
  public Library library() {
    return Library.JEDIS;
  }

  @Override
  public Round round() {
    byte[] stream = bench.stream();
    Map<byte[], byte[]> fields = bench.fields();
    byte[] buffer = bench.byHand();
    byte[] channel = bench.channelKeys().channel().bytes();
    byte[] kept = Integer.toString(HybridBench.KEPT).getBytes(UTF_8);
    byte[] version = (new String(buffer, UTF_8) + ":version").getBytes(UTF_8);
    try (Jedis jedis = bench.openJedis()) {
      byte[] sha = jedis.scriptLoad(PUBLISH.getBytes(UTF_8));
      List<byte[]> keys = List.of(buffer);
      List<byte[]> arguments = List.of(channel, bench.payload(), kept);
      Stopwatch watch = Stopwatch.start();
      JedisPeer.inPipelines(
          jedis,
          messages,
          JedisPeer.BATCH,
          (pipeline, number) -> {
            pipeline.xadd(stream, XAddParams.xAddParams(), fields);
            pipeline.evalsha(sha, keys, arguments);
          });
      Stopwatch.Taken taken = watch.stop();
      long versions = Long.parseLong(new String(jedis.get(version), UTF_8));
      jedis.del(version);
      return taken.round(messages, Math.min(bench.entries(), versions));
    }
  }
}
