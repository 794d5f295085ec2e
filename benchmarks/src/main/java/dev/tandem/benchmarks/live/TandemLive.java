package dev.tandem.benchmarks.live;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Round;
import dev.tandem.benchmarks.harness.Stopwatch;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.PublishReceipt;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.Subscription;
import dev.tandem.redis.RedisConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Publishes by one {@link LiveBus} to one listener of another, a future for each message. */
record TandemLive(String name, LiveBench bench, Channel<byte[]> channel, int messages)
    implements Contender {

  @Override
  public Round round() throws InterruptedException {
    Arrivals arrivals = new Arrivals(messages);
    try (RedisConnection receiving = bench.openRedis();
        RedisConnection sending = bench.openRedis();
        LiveBus subscriber = bench.bus(receiving);
        LiveBus publisher = bench.bus(sending);
        Subscription subscription =
            subscriber.subscribe(bench.tenant(), channel, SubscribeOptions.fromNow(), arrivals)) {
      subscription.active().join();
      Stopwatch watch = Stopwatch.start();
      List<CompletableFuture<PublishReceipt>> receipts = new ArrayList<>(messages);
      for (int sent = 0; sent < messages; sent++) {
        receipts.add(publisher.publishAsync(bench.tenant(), channel, bench.message()));
      }
      receipts.forEach(CompletableFuture::join);
      long arrived = arrivals.await();
      Stopwatch.Taken taken = watch.stop();
      return taken.round(messages, arrived);
    }
  }
}
