package dev.tandem.pubsub.internal.publish;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.RateLimitedException;
import dev.tandem.api.internal.Require;
import dev.tandem.api.serde.SerdeContext;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.ChannelBatch;
import dev.tandem.pubsub.PublishReceipt;
import dev.tandem.pubsub.PublisherStats;
import dev.tandem.pubsub.internal.BusMetrics;
import dev.tandem.pubsub.internal.BusThreads;
import dev.tandem.pubsub.internal.frame.Nonces;
import dev.tandem.pubsub.internal.frame.OutgoingMessage;
import dev.tandem.pubsub.internal.limit.RateLimits;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.batch.BatchSender;
import dev.tandem.redis.batch.BatchSettings;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.internal.quota.QuotaGate;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Encodes messages on the caller's thread, and sends them in frames on its own: one pipeline for a
 * batch, one script call for a frame.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class Publisher {
  private final KeyLayout layout;
  private final Nonces nonces;
  private final String idPrefix;
  private final AtomicLong lastId = new AtomicLong();
  private final RateLimits limits = new RateLimits();
  private final Outcomes outcomes;
  private final ThreadFactory threads;
  private final BatchSender<Outgoing> sender;
  private volatile @Nullable Thread sendingThread;

  /**
   * Starts the sending thread.
   *
   * @param instanceId the bus
   * @param idPrefix what the ids of its messages begin with; unique for this run of the process
   * @param resending what is sent again
   */
  public Publisher(
      RedisConnection redis,
      KeyLayout layout,
      Nonces nonces,
      String instanceId,
      String idPrefix,
      BatchSettings settings,
      Resending resending,
      BusMetrics metrics,
      BusThreads threads,
      Clock clock) {
    this.layout = layout;
    this.outcomes = new Outcomes(metrics, clock, redis.audit(), instanceId);
    this.threads = threads.factory("send");
    this.nonces = nonces;
    this.idPrefix = idPrefix + '-';
    this.sender =
        new BatchSender<>(
            "live bus " + instanceId,
            settings,
            Outgoing::size,
            Outgoing::tenant,
            new PublishSink(
                redis,
                new Sender(instanceId, nonces.next(), nonces, clock, new Foresight()),
                resending,
                metrics,
                outcomes,
                QuotaGate.of(redis, System::nanoTime, nonces::next)),
            this::sendingThread);
  }

  private Thread sendingThread(Runnable task) {
    Thread thread = threads.newThread(task);
    sendingThread = thread;
    return thread;
  }

  /** Encodes a message and puts it into the sender's buffer. */
  public <T> CompletableFuture<PublishReceipt> publish(
      Tenant tenant, Channel<T> channel, Message<T> message) {
    PendingPublish pending = pending(tenant, channel, message);
    handOver(pending, sender::add);
    return pending.receipt();
  }

  /** Encodes a message and waits until Redis has taken it. */
  public <T> PublishReceipt publishAndWait(Tenant tenant, Channel<T> channel, Message<T> message) {
    PendingPublish pending = pending(tenant, channel, message);
    handOver(pending, sender::addAwaited);
    return sender.await(pending.receipt());
  }

  private static void handOver(Outgoing pending, Consumer<Outgoing> sending) {
    try {
      sending.accept(pending);
    } catch (MessagingException e) {
      throw Outcomes.located(pending.frames(), e);
    }
  }

  private <T> PendingPublish pending(Tenant tenant, Channel<T> channel, Message<T> message) {
    Require.notNull("tenant", tenant);
    Require.notNull("channel", channel);
    Require.notNull("message", message);
    PendingPublish pending = encoded(tenant, channel, message);
    limit(tenant, channel, 1);
    return pending;
  }

  /** Encodes messages and puts them into the sender's buffer, as one. */
  public CompletableFuture<List<PublishReceipt>> publish(Tenant tenant, ChannelBatch batch) {
    PendingBatch pending = pending(tenant, batch);
    if (pending == null) {
      return CompletableFuture.completedFuture(List.of());
    }
    handOver(pending, sender::add);
    return pending.receipts();
  }

  /** Encodes messages and waits until Redis has taken them, as one. */
  public List<PublishReceipt> publishAndWait(Tenant tenant, ChannelBatch batch) {
    PendingBatch pending = pending(tenant, batch);
    if (pending == null) {
      return List.of();
    }
    handOver(pending, sender::addAwaited);
    return sender.await(pending.receipts());
  }

  /** The encoded batch; null if it is empty. */
  private @Nullable PendingBatch pending(Tenant tenant, ChannelBatch batch) {
    Require.notNull("tenant", tenant);
    Require.notNull("batch", batch);
    if (batch.entries().isEmpty()) {
      return null;
    }
    List<PendingPublish> messages = new ArrayList<>(batch.entries().size());
    for (ChannelBatch.Entry<?> entry : batch.entries()) {
      messages.add(encoded(tenant, entry));
    }
    PendingBatch pending = new PendingBatch(List.copyOf(messages), nonces);
    Require.inRange("bytes in a batch", pending.size(), 1, ChannelBatch.MAX_BYTES);
    for (OutgoingFrame frame : pending.frames()) {
      limit(tenant, frame.channel(), frame.messages().size());
    }
    return pending;
  }

  private void limit(Tenant tenant, Channel<?> channel, int messages) {
    try {
      limits.acquire(tenant, channel, messages, Thread.currentThread() != sendingThread);
    } catch (RateLimitedException e) {
      outcomes.rateLimited(tenant, channel.name(), messages);
      throw e;
    }
  }

  private <T> PendingPublish encoded(Tenant tenant, ChannelBatch.Entry<T> entry) {
    return encoded(tenant, entry.channel(), entry.message());
  }

  private <T> PendingPublish encoded(Tenant tenant, Channel<T> channel, Message<T> message) {
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
    long number = lastId.incrementAndGet();
    MessageId id = MessageId.of(idPrefix + number);
    return new PendingPublish(
        tenant,
        channel,
        layout.channel(tenant, channel.name()),
        id,
        OutgoingMessage.of(
            id.value(), idPrefix, number, message, payload, channel.serde().isJson()),
        payload.length,
        message.type(),
        message.key());
  }

  /** What was published, by channel. */
  public PublisherStats stats() {
    return outcomes.stats(sender.waiting());
  }

  /** Begins anew with {@link #stats}. */
  public void resetStats() {
    outcomes.reset();
  }

  /** Sends what waits for up to this long, and fails the rest. */
  public void close(Duration drain) {
    sender.close(drain);
  }
}
