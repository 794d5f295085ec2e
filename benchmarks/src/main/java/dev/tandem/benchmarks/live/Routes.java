package dev.tandem.benchmarks.live;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.Gap;
import dev.tandem.api.Message;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Route;
import dev.tandem.benchmarks.harness.Routed;
import dev.tandem.benchmarks.harness.Times;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.LiveListener;
import dev.tandem.pubsub.LiveMessage;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.redis.RedisConnection;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import redis.clients.jedis.BinaryJedisPubSub;
import redis.clients.jedis.Jedis;

/**
 * The ways from a publisher to a subscriber whose latency is compared. The publisher waits for each
 * reply, or has a future for each.
 */
final class Routes {
  private static final List<String> NAMES =
      List.of(
          "Jedis",
          "Tandem fleeting",
          "Tandem fleeting, futures",
          "Tandem recoverable",
          "Tandem recoverable, futures");

  private Routes() {}

  /** All of them; the first is what the others are compared with. */
  static List<Routed> all(LiveBench bench) {
    return NAMES.stream().<Routed>map(name -> new Named(name, bench)).toList();
  }

  private static Route open(String name, LiveBench bench, Times times) throws InterruptedException {
    return switch (name) {
      case "Jedis" -> new ByHand(bench, times);
      case "Tandem fleeting" -> new ByBus(bench, bench.fleeting("latency-f"), times, true);
      case "Tandem fleeting, futures" ->
          new ByBus(bench, bench.fleeting("latency-f"), times, false);
      case "Tandem recoverable" -> new ByBus(bench, bench.recoverable("latency-r"), times, true);
      default -> new ByBus(bench, bench.recoverable("latency-r"), times, false);
    };
  }

  /** One of them. */
  private record Named(String name, LiveBench bench) implements Routed {
    @Override
    public Library library() {
      return name.startsWith("Jedis") ? Library.JEDIS : Library.TANDEM;
    }

    @Override
    public Route route(Times times) throws InterruptedException {
      return open(name, bench, times);
    }
  }

  /** PUBLISH and SUBSCRIBE, a connection each. */
  private static final class ByHand implements Route {
    private final LiveBench bench;
    private final byte[] channel;
    private final Jedis receiving;
    private final Jedis sending;
    private final BinaryJedisPubSub subscriber;
    private final Thread thread;

    ByHand(LiveBench bench, Times times) throws InterruptedException {
      this.bench = bench;
      this.channel = (bench.tenant().name() + ":latency").getBytes(UTF_8);
      this.receiving = bench.openJedis();
      this.sending = bench.openJedis();
      CountDownLatch subscribed = new CountDownLatch(1);
      this.subscriber =
          new BinaryJedisPubSub() {
            @Override
            public void onMessage(byte[] name, byte[] payload) {
              times.arrived(LiveBench.number(payload));
            }

            @Override
            public void onSubscribe(byte[] name, int all) {
              subscribed.countDown();
            }
          };
      this.thread = new Thread(() -> receiving.subscribe(subscriber, channel), "jedis-subscriber");
      thread.setDaemon(true);
      thread.start();
      subscribed.await();
    }

    @Override
    public void send(int number) {
      sending.publish(channel, bench.numbered(number));
    }

    @Override
    public void close() {
      subscriber.unsubscribe();
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      receiving.close();
      sending.close();
    }
  }

  /** A bus each. */
  private static final class ByBus implements Route {
    private final LiveBench bench;
    private final Channel<byte[]> channel;
    private final RedisConnection receiving;
    private final RedisConnection sending;
    private final LiveBus subscriber;
    private final LiveBus publisher;
    private final boolean waits;

    ByBus(LiveBench bench, Channel<byte[]> channel, Times times, boolean waits) {
      this.waits = waits;
      this.bench = bench;
      this.channel = channel;
      this.receiving = bench.openRedis();
      this.sending = bench.openRedis();
      this.subscriber = bench.bus(receiving);
      this.publisher = bench.bus(sending);
      subscriber
          .subscribe(
              bench.tenant(),
              channel,
              SubscribeOptions.fromNow(),
              new LiveListener<>() {
                @Override
                public void onMessage(LiveMessage<byte[]> message) {
                  times.arrived(LiveBench.number(message.raw()));
                }

                @Override
                public void onGap(Gap gap) {}
              })
          .active()
          .join();
    }

    @Override
    public void send(int number) {
      Message<byte[]> message = Message.of("order.placed", bench.numbered(number));
      if (waits) {
        publisher.publish(bench.tenant(), channel, message);
      } else {
        var unused = publisher.publishAsync(bench.tenant(), channel, message);
      }
    }

    @Override
    public void close() {
      publisher.close();
      subscriber.close();
      sending.close();
      receiving.close();
      bench.remove(channel);
    }
  }
}
