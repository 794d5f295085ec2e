package dev.tandem.benchmarks.streams;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Work;
import dev.tandem.benchmarks.peers.JedisPeer;
import dev.tandem.redis.command.RedisKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.XAddParams;

/** Reading one stream as a group and acknowledging; the same entries in every round. */
record Consume(String name, Bench bench, List<Contender> contenders) implements Work {
  private static final int HANDLERS = 16;
  private static final long HANDLER_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /** How many times fewer messages the slower ones read in a round. */
  private static final int SLOW = 3;

  /** How many times more Tandem reads where the others wait for a reply each time. */
  private static final int FAST = 10;

  /**
   * Batches that are acknowledged in one go; Tandem's are its worker's own. All handle one message
   * at a time.
   */
  static Consume of(Bench bench, int messages) {
    Contenders contenders = new Contenders(bench, payload -> {});
    contenders
        .add("Jedis loop", Library.JEDIS, messages, LoopConsumption.batched(JedisReader::new))
        .add("Tandem worker", Library.TANDEM, messages, TandemConsumption.concurrent(1))
        .add(
            "Lettuce loop",
            Library.LETTUCE,
            share(messages),
            LoopConsumption.batched(LettuceReader::new))
        .add(
            "Redisson loop",
            Library.REDISSON,
            share(messages),
            LoopConsumption.batched(RedissonReader::new))
        .add(
            "Spring loop",
            Library.SPRING,
            share(messages),
            LoopConsumption.batched(SpringReader::new));
    return contenders.filled("consume", messages);
  }

  /**
   * Each message acknowledged when it is handled. By hand that is before the next is handled;
   * Tandem's worker sends acknowledgements together, and repeats those that may be lost.
   */
  static Consume acknowledgingEach(Bench bench, int messages) {
    Contenders contenders = new Contenders(bench, payload -> {});
    contenders
        .add("Jedis XACK each", Library.JEDIS, messages, LoopConsumption.each(JedisReader::new))
        .add("Tandem worker", Library.TANDEM, FAST * messages, TandemConsumption::usual)
        .add(
            "Lettuce xack each",
            Library.LETTUCE,
            messages,
            LoopConsumption.each(LettuceReader::new))
        .add(
            "Redisson ack each",
            Library.REDISSON,
            messages,
            LoopConsumption.each(RedissonReader::new))
        .add("Spring container", Library.SPRING, messages, SpringContainer.of(1));
    return contenders.filled("consume-ack-each", FAST * messages);
  }

  /**
   * A handler that takes a millisecond, {@value #HANDLERS} at a time: in the worker of Tandem, and
   * in a pool beside the loop of each of the others.
   */
  static Consume slowly(Bench bench, int messages) {
    Contenders contenders = new Contenders(bench, payload -> work());
    contenders
        .add(
            "Jedis loop, pool",
            Library.JEDIS,
            messages,
            LoopConsumption.pooled(JedisReader::new, HANDLERS))
        .add("Tandem worker", Library.TANDEM, messages, TandemConsumption.concurrent(HANDLERS))
        .add(
            "Lettuce loop, pool",
            Library.LETTUCE,
            messages,
            LoopConsumption.pooled(LettuceReader::new, HANDLERS))
        .add(
            "Redisson loop, pool",
            Library.REDISSON,
            messages,
            LoopConsumption.pooled(RedissonReader::new, HANDLERS))
        .add(
            "Spring loop, pool",
            Library.SPRING,
            messages,
            LoopConsumption.pooled(SpringReader::new, HANDLERS));
    return contenders.filled("consume-1ms", messages);
  }

  private static void work() {
    long until = System.nanoTime() + HANDLER_NANOS;
    long left = HANDLER_NANOS;
    while (left > 0) {
      LockSupport.parkNanos(left);
      left = until - System.nanoTime();
    }
  }

  private static int share(int messages) {
    return Math.max(1, messages / SLOW);
  }

  private record Contenders(Bench bench, Consumer<byte[]> handler, List<Contender> all) {
    Contenders(Bench bench, Consumer<byte[]> handler) {
      this(bench, handler, new ArrayList<>());
    }

    Contenders add(String name, Library library, int messages, Consumption.Opener opener) {
      all.add(new Consuming(name, library, bench, messages, handler, opener));
      return this;
    }

    Consume filled(String name, int messages) {
      fill(bench, messages);
      return new Consume(name, bench, List.copyOf(all));
    }
  }

  /** Appends messages. */
  static void fill(Bench bench, int messages) {
    fill(bench, bench.stream(), messages);
  }

  /** Appends messages to some stream. */
  static void fill(Bench bench, RedisKey stream, int messages) {
    Map<byte[], byte[]> fields = bench.fields();
    try (Jedis jedis = bench.openJedis()) {
      JedisPeer.inPipelines(
          jedis,
          messages,
          JedisPeer.BATCH,
          (pipeline, number) -> pipeline.xadd(stream.bytes(), XAddParams.xAddParams(), fields));
    }
  }

  @Override
  public void close() {
    bench.removeStream();
  }
}
