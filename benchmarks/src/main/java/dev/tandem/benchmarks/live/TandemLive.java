package dev.tandem.benchmarks.live;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Round;
import dev.tandem.benchmarks.harness.Stopwatch;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.PublishReceipt;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.Subscription;
import dev.tandem.redis.RedisConnection;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;

/**
 * Publishes by one {@link LiveBus} to one listener of another, a future for each message, {@value
 * #AHEAD} of them at a time.
 */
record TandemLive(String name, LiveBench bench, Channel<byte[]> channel, int messages)
    implements Contender {
  private static final int AHEAD = 8_192;

  @Override
  public Library library() {
    return Library.TANDEM;
  }

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
      Deque<CompletableFuture<PublishReceipt>> receipts = new ArrayDeque<>(AHEAD);
      for (int sent = 0; sent < messages; sent++) {
        if (receipts.size() == AHEAD) {
          receipts.remove().join();
        }
        receipts.add(publisher.publishAsync(bench.tenant(), channel, bench.message()));
      }
      receipts.forEach(CompletableFuture::join);
      long arrived = arrivals.await();
      Stopwatch.Taken taken = watch.stop();
      return taken.round(messages, arrived);
    }
  }
}
