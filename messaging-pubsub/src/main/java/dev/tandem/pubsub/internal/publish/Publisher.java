package dev.tandem.pubsub.internal.publish;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.internal.Require;
import dev.tandem.api.serde.SerdeContext;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.PublishReceipt;
import dev.tandem.pubsub.internal.BusMetrics;
import dev.tandem.pubsub.internal.BusThreads;
import dev.tandem.pubsub.internal.frame.Nonces;
import dev.tandem.pubsub.internal.frame.OutgoingMessage;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.batch.BatchSender;
import dev.tandem.redis.batch.BatchSettings;
import dev.tandem.redis.batch.BatchSink;
import dev.tandem.redis.command.Command;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Encodes messages on the caller's thread, and sends them in frames on its own: one pipeline for a
 * batch, one script call for a frame.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class Publisher {
  private final RedisConnection redis;
  private final KeyLayout layout;
  private final Nonces nonces;
  private final String instanceId;
  private final String idPrefix;
  private final BusMetrics metrics;
  private final AtomicLong lastId = new AtomicLong();
  private final BatchSender<PendingPublish> sender;

  /**
   * Starts the sending thread.
   *
   * @param instanceId the bus
   * @param idPrefix what the ids of its messages begin with; unique for this run of the process
   */
  public Publisher(
      RedisConnection redis,
      KeyLayout layout,
      Nonces nonces,
      String instanceId,
      String idPrefix,
      BatchSettings settings,
      BusMetrics metrics,
      BusThreads threads) {
    this.redis = redis;
    this.layout = layout;
    this.nonces = nonces;
    this.instanceId = instanceId;
    this.idPrefix = idPrefix;
    this.metrics = metrics;
    this.sender =
        new BatchSender<>(
            "live bus " + instanceId,
            settings,
            PendingPublish::size,
            new Sink(),
            threads.factory("send"));
  }

  /** Encodes a message and puts it into the sender's buffer. */
  public <T> CompletableFuture<PublishReceipt> publish(
      Tenant tenant, Channel<T> channel, Message<T> message) {
    Require.notNull("tenant", tenant);
    Require.notNull("channel", channel);
    Require.notNull("message", message);
    byte[] payload =
        channel
            .serde()
            .serialize(message.payload(), new SerdeContext(tenant.name(), channel.name()));
    if (payload.length > channel.payloadLimit()) {
      throw new InvalidValueException(
          "payload",
          payload.length + " bytes",
          "must be at most " + channel.payloadLimit() + " bytes on channel " + channel.name());
    }
    MessageId id = MessageId.of(idPrefix + '-' + lastId.incrementAndGet());
    PendingPublish pending =
        new PendingPublish(
            tenant,
            channel,
            layout.channel(tenant, channel.name()),
            id,
            OutgoingMessage.of(id.value(), message, payload, channel.serde().isJson()));
    sender.add(pending);
    return pending.receipt();
  }

  /** Waits for a receipt. */
  public PublishReceipt await(CompletableFuture<PublishReceipt> receipt) {
    return sender.await(receipt);
  }

  /** Sends what waits for up to this long, and fails the rest. */
  public void close(Duration drain) {
    sender.close(drain);
  }

  private final class Sink implements BatchSink<PendingPublish> {
    @Override
    public void send(List<PendingPublish> batch) {
      List<OutgoingFrame> frames = OutgoingFrame.cut(batch, nonces);
      List<@Nullable Object> replies;
      try {
        List<Command> commands =
            frames.stream().map(frame -> frame.command(instanceId, nonces)).toList();
        replies = metrics.publish().timeSupplier(() -> redis.commands().executeAll(commands));
      } catch (RuntimeException e) {
        frames.forEach(frame -> failed(frame, e));
        return;
      }
      for (int i = 0; i < frames.size(); i++) {
        settle(frames.get(i), replies.get(i));
      }
    }

    private void settle(OutgoingFrame frame, @Nullable Object reply) {
      if (reply instanceof MessagingException refused) {
        failed(frame, refused);
        return;
      }
      try {
        frame.taken(reply);
        metrics.published().add(frame.messages().size());
      } catch (RuntimeException e) {
        failed(frame, e);
      }
    }

    private void failed(OutgoingFrame frame, RuntimeException why) {
      metrics.publishFailures().add(frame.messages().size());
      frame.failed(why);
    }

    @Override
    public void fail(PendingPublish entry, MessagingException why) {
      metrics.publishFailures().add(1);
      entry.failed(why);
    }
  }
}
