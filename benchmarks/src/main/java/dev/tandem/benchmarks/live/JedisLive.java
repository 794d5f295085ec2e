package dev.tandem.benchmarks.live;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Round;
import dev.tandem.benchmarks.harness.Stopwatch;
import java.util.concurrent.CountDownLatch;
import redis.clients.jedis.BinaryJedisPubSub;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;

/** Publishes in pipelines of {@value #DEPTH} to one subscriber, as one would by hand. */
record JedisLive(LiveBench bench, int messages) implements Contender {
  private static final int DEPTH = 1_024;

  @Override
  public String name() {
    return "Jedis pipeline";
  }

  @Override
  public Library library() {
    return Library.JEDIS;
  }

  @Override
  public Round round() throws InterruptedException {
    byte[] channel = (bench.tenant().name() + ":by-hand").getBytes(UTF_8);
    Arrivals arrivals = new Arrivals(messages);
    CountDownLatch subscribed = new CountDownLatch(1);
    BinaryJedisPubSub subscriber =
        new BinaryJedisPubSub() {
          @Override
          public void onMessage(byte[] name, byte[] payload) {
            arrivals.one();
          }

          @Override
          public void onSubscribe(byte[] name, int all) {
            subscribed.countDown();
          }
        };
    try (Jedis receiving = bench.openJedis();
        Jedis sending = bench.openJedis()) {
      Thread thread =
          new Thread(() -> receiving.subscribe(subscriber, channel), "jedis-subscriber");
      thread.setDaemon(true);
      thread.start();
      subscribed.await();
      Stopwatch watch = Stopwatch.start();
      int sent = 0;
      while (sent < messages) {
        try (Pipeline pipeline = sending.pipelined()) {
          int until = Math.min(messages, sent + DEPTH);
          for (; sent < until; sent++) {
            pipeline.publish(channel, bench.payload());
          }
          pipeline.sync();
        }
      }
      long arrived = arrivals.await();
      Stopwatch.Taken taken = watch.stop();
      subscriber.unsubscribe();
      thread.join();
      return taken.round(messages, arrived);
    }
  }
}
