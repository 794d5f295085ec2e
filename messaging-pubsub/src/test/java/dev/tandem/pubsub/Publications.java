package dev.tandem.pubsub;

import dev.tandem.api.Message;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/** Publishes numbered messages to the channels of a schedule and tells their models. */
final class Publications {
  private static final List<String> KEYS = List.of("a", "b", "c", "");
  private static final int MOST_IN_BATCH = 6;

  private final Random random;
  private final RedisServer server;
  private final Tenant tenant;
  private final List<ModelledChannel> channels;
  private final List<LiveBus> publishers;
  private final Unheard unheard;
  private final List<CompletableFuture<?>> sent = new ArrayList<>();
  private int number;

  /**
   * Publishes nothing yet.
   *
   * @param publishers the last one is reached without faults
   */
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
    this.unheard = new Unheard(server, publishers.get(publishers.size() - 1), tenant);
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
      if (random.nextInt(20) == 0) {
        publishBatch(publisher, more);
      } else {
        publish(publisher, channel, more);
      }
    }
  }

  /** One message, whose outcome is not known yet. */
  private record Sent(ModelledChannel channel, String payload, LiveModel.Attempt attempt) {
    void took(PublishReceipt receipt) {
      channel.model().published(attempt, Buses.at(receipt), payload);
    }
  }

  private Sent begin(ModelledChannel channel, String payload) {
    return new Sent(channel, payload, channel.model().begin());
  }

  /** To any channels, as a whole. */
  private void publishBatch(LiveBus publisher, String more) {
    List<Sent> all = new ArrayList<>();
    ChannelBatch batch = ChannelBatch.of();
    for (int i = 1 + random.nextInt(MOST_IN_BATCH); i > 0; i--) {
      ModelledChannel channel = any(channels);
      Message<String> message = ModelledChannel.message(any(KEYS), "m" + number++ + more);
      all.add(begin(channel, message.payload()));
      batch = batch.add(channel.channel(), message);
    }
    sent.add(
        publisher
            .publishAsync(tenant, batch)
            .handle(
                (receipts, error) -> {
                  for (int i = 0; i < all.size(); i++) {
                    if (error == null) {
                      all.get(i).took(receipts.get(i));
                    } else {
                      all.get(i).channel.model().unknown(all.get(i).payload);
                    }
                  }
                  return null;
                }));
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
    Sent one = begin(channel, message.payload());
    sent.add(
        publisher
            .publishAsync(tenant, channel.channel(), message)
            .handle(
                (receipt, error) -> {
                  if (error == null) {
                    one.took(receipt);
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
      LiveModel.Attempt attempt = channel.model().begin();
      Optional<Unheard.Stored> stored = unheard.store(channel.channel(), message);
      if (stored.isPresent()) {
        channel.model().published(attempt, stored.get().position(), message.payload());
        frames.add(stored.get().frame());
      } else {
        channel.model().notPublished();
      }
    }
    for (int i = frames.size() - 1; heardLater && i >= 0; i--) {
      server.execute("PUBLISH", channel.key(), frames.get(i));
    }
    return frames.size() == count;
  }
}
