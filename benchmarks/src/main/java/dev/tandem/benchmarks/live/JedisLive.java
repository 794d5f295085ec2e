package dev.tandem.benchmarks.live;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.benchmarks.peers.Batches;
import dev.tandem.benchmarks.peers.JedisPeer;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import redis.clients.jedis.BinaryJedisPubSub;
import redis.clients.jedis.Jedis;

/**
 * Publishes in pipelines and subscribes once to each channel, as one would by hand: what comes goes
 * to each listener in a loop. See {@link JedisPeer}; for subscribing, "Publish/Subscribe" in its
 * wiki.
 */
final class JedisLive implements Live {
  private final byte[][] channels;
  private final byte[] payload;
  private final int depth;
  private final Jedis receiving;
  private final Jedis sending;
  private final ByChannel<Consumer<byte[]>> listeners = new ByChannel<>();
  private final CountDownLatch subscribed;
  private final BinaryJedisPubSub subscriber;
  private final Thread thread;

  JedisLive(LiveBench bench, int count) {
    this.channels = new byte[count][];
    for (int i = 0; i < count; i++) {
      channels[i] = bench.byHand("jedis", i).getBytes(UTF_8);
    }
    this.payload = bench.payload();
    this.depth = Batches.of(JedisPeer.BATCH, payload.length);
    this.subscribed = new CountDownLatch(count);
    this.subscriber = new Subscriber();
    this.receiving = bench.openJedis();
    this.sending = bench.openJedis();
    this.thread = new Thread(() -> receiving.subscribe(subscriber, channels), "jedis-subscriber");
    thread.setDaemon(true);
  }

  @Override
  public void subscribe(int channel, Consumer<byte[]> listener) {
    listeners.add(channels[channel], listener);
  }

  @Override
  public void awaitSubscribed() throws InterruptedException {
    thread.start();
    subscribed.await();
  }

  @Override
  public void publishAll(int from, int messages) {
    JedisPeer.inPipelines(
        sending,
        messages,
        depth,
        (pipeline, number) ->
            pipeline.publish(channels[(from + number) % channels.length], payload));
  }

  @Override
  public void publish(int channel, byte[] message) {
    sending.publish(channels[channel], message);
  }

  @Override
  public void close() {
    if (subscriber.isSubscribed()) {
      subscriber.unsubscribe();
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    receiving.close();
    sending.close();
  }

  private final class Subscriber extends BinaryJedisPubSub {
    private List<Consumer<byte[]>> ofOnlyChannel = List.of();

    @Override
    public void onMessage(byte[] name, byte[] message) {
      List<Consumer<byte[]>> told = channels.length == 1 ? ofOnlyChannel : listeners.of(name);
      for (int i = 0; i < told.size(); i++) {
        told.get(i).accept(message);
      }
    }

    @Override
    public void onSubscribe(byte[] name, int number) {
      ofOnlyChannel = listeners.of(name);
      subscribed.countDown();
    }
  }
}
