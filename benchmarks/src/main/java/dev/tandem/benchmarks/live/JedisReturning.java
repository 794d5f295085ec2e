package dev.tandem.benchmarks.live;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Round;
import dev.tandem.benchmarks.harness.Stopwatch;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.Response;

/**
 * One {@code ZRANGEBYSCORE} for each subscriber, {@value #DEPTH} of them in a pipeline, over a
 * sorted set in which messages lie by their versions; each payload goes to a listener. It does
 * nothing else (see {@link dev.tandem.benchmarks.peers.JedisPeer}): nobody is subscribed to what
 * comes next, nobody looks whether a message is missing or was trimmed, and what one subscriber was
 * sent is sent to the next one again.
 */
record JedisReturning(LiveBench bench, Storm storm) implements Contender {
  private static final int DEPTH = 64;

  @Override
  public String name() {
    return "Jedis reads";
  }

  @Override
  public Library library() {
    return Library.JEDIS;
  }

  @Override
  public Round round() {
    byte[] messages = bench.byHand("storm", 0).getBytes(UTF_8);
    Arrivals arrivals = new Arrivals(storm.missed());
    try (Jedis jedis = bench.openJedis()) {
      store(jedis, messages);
      Stopwatch watch = Stopwatch.start();
      for (int from = 0; from < storm.subscribers(); from += DEPTH) {
        int until = Math.min(storm.subscribers(), from + DEPTH);
        read(jedis, messages, from, until)
            .forEach(missed -> deliver(missed.get(), payload -> arrivals.one()));
      }
      Stopwatch.Taken taken = watch.stop();
      return taken.round(storm.missed(), arrivals.soFar());
    } finally {
      bench.admin().del(messages);
    }
  }

  /** A version, a colon, and the payload. */
  private void store(Jedis jedis, byte[] key) {
    try (Pipeline pipeline = jedis.pipelined()) {
      for (int version = 1; version <= storm.stored(); version++) {
        ByteArrayOutputStream member = new ByteArrayOutputStream();
        member.writeBytes((version + ":").getBytes(UTF_8));
        member.writeBytes(bench.payload());
        pipeline.zadd(key, version, member.toByteArray());
      }
    }
  }

  private List<Response<List<byte[]>>> read(Jedis jedis, byte[] key, int from, int until) {
    List<Response<List<byte[]>>> replies = new ArrayList<>(until - from);
    try (Pipeline pipeline = jedis.pipelined()) {
      for (int subscriber = from; subscriber < until; subscriber++) {
        int next = storm.seen(subscriber) + 1;
        replies.add(pipeline.zrangeByScore(key, next, Double.POSITIVE_INFINITY));
      }
    }
    return replies;
  }

  private static void deliver(List<byte[]> members, Consumer<byte[]> listener) {
    for (byte[] member : members) {
      int colon = 0;
      while (member[colon] != ':') {
        colon++;
      }
      listener.accept(Arrays.copyOfRange(member, colon + 1, member.length));
    }
  }
}
