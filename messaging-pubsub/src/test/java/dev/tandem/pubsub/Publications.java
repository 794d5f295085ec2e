package dev.tandem.pubsub;

import dev.tandem.api.Message;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/** Publishes numbered messages to the channels of a schedule and tells their models. */
final class Publications {
  private static final List<String> KEYS = List.of("a", "b", "c", "");

  private final Random random;
  private final RedisServer server;
  private final Tenant tenant;
  private final List<ModelledChannel> channels;
  private final List<LiveBus> publishers;
  private final Unheard unheard;
  private final List<CompletableFuture<?>> sent = new ArrayList<>();
  private int number;

  Publications(
      Random random,
      RedisServer server,
      Tenant tenant,
      List<ModelledChannel> channels,
      List<LiveBus> publishers) {
    this.random = random;
    this.server = server;
    this.tenant = tenant;
    this.channels = channels;
    this.publishers = publishers;
    this.unheard = new Unheard(server, publishers.get(0), tenant);
  }

  private <T> T any(List<T> all) {
    return all.get(random.nextInt(all.size()));
  }

  /** Begins to publish to one channel, and now and then to another. */
  void publishSome(int count, String more) {
    LiveBus publisher = any(publishers);
    ModelledChannel channel = any(channels);
    for (int i = 0; i < count; i++) {
      if (random.nextInt(15) == 0) {
        channel = any(channels);
      }
      publish(publisher, channel, more);
    }
  }

  /** Publishes to one channel. */
  void publish(ModelledChannel channel, int count) throws Exception {
    for (int i = 0; i < count; i++) {
      publish(any(publishers), channel, "");
    }
    settle();
  }

  private void publish(LiveBus publisher, ModelledChannel channel, String more) {
    Message<String> message = ModelledChannel.message(any(KEYS), "m" + number++ + more);
    sent.add(
        publisher
            .publishAsync(tenant, channel.channel(), message)
            .handle(
                (receipt, error) -> {
                  if (error == null) {
                    channel.model().published(Buses.at(receipt), message.payload());
                  } else {
                    channel.model().unknown(message.payload());
                  }
                  return null;
                }));
  }

  /** Waits until each message has its outcome. */
  void settle() throws Exception {
    for (CompletableFuture<?> one : sent) {
      one.get();
    }
    sent.clear();
  }

  /**
   * Stores messages that nobody hears of; or hears of later, the last one first.
   *
   * @return whether all were stored: there may be no log, or a connection that died with the server
   */
  boolean storeUnheard(ModelledChannel channel, int count, boolean heardLater) {
    List<String> frames = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Message<String> message = ModelledChannel.message(any(KEYS), "unheard" + number++);
      unheard
          .store(channel.channel(), message)
          .ifPresent(
              stored -> {
                channel.model().published(stored.position(), message.payload());
                frames.add(stored.frame());
              });
    }
    for (int i = frames.size() - 1; heardLater && i >= 0; i--) {
      server.execute("PUBLISH", channel.key(), frames.get(i));
    }
    return frames.size() == count;
  }
}
