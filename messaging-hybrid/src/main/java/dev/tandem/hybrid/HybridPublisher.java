package dev.tandem.hybrid;

import dev.tandem.api.Message;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.WaitTimeoutException;
import dev.tandem.api.internal.Require;
import dev.tandem.hybrid.internal.HybridSink;
import dev.tandem.hybrid.internal.Outgoing;
import dev.tandem.hybrid.internal.OutgoingFactory;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.batch.BatchSender;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * Publishes to a stream and to a live channel in one step.
 *
 * <p><b>Guarantee.</b> One script appends the stream entry, assigns the channel's version, stores
 * the frame and publishes it: both halves happen or neither, and both bear the same message id. The
 * stream entry carries the channel's version in its field {@code version} (empty for a fleeting
 * channel). A future that fails with {@link dev.tandem.api.error.OutcomeUnknownException} says that
 * the connection broke after sending: both halves happened, once, or neither did; nothing is sent
 * again from here. Any other error says that neither happened, with one exception: before Redis
 * 7.0, a user who may write the keys but not publish to the channel is refused after both were
 * stored. What Redis may lose after it has replied (restart without persistence, failover) is lost
 * here too, of both halves alike.
 *
 * <p><b>Order.</b> What one thread publishes to one stream, and to one channel, arrives there in
 * that order.
 *
 * <p><b>Threads.</b> Payloads are turned into bytes on the calling thread; many messages share one
 * round trip. Futures complete on the sending thread: a dependent stage without an executor of its
 * own must not block.
 *
 * <p><b>Limits.</b> As {@link dev.tandem.redis.batch.BatchSettings} says; when the buffer is full
 * the caller waits, then gets {@link dev.tandem.api.error.BufferFullException}.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class HybridPublisher implements AutoCloseable {
  /** How long {@link #close()} lets waiting messages be sent: 30 seconds. */
  public static final Duration DEFAULT_DRAIN = Duration.ofSeconds(30);

  /** The longest that {@link #flush} and {@link #close(Duration)} may be told to wait: one day. */
  public static final Duration LONGEST_WAIT = Duration.ofDays(1);

  private final OutgoingFactory outgoing;
  private final HybridSink sink;
  private final BatchSender<Outgoing> sender;

  HybridPublisher(OutgoingFactory outgoing, HybridSink sink, BatchSender<Outgoing> sender) {
    this.outgoing = outgoing;
    this.sink = sink;
    this.sender = sender;
  }

  /** A publisher over this connection, with everything that can be set. */
  public static HybridPublisherBuilder builder(RedisConnection redis) {
    return new HybridPublisherBuilder(redis);
  }

  /**
   * Publishes a message and waits for its receipt.
   *
   * @throws MessagingException like {@link #publishAsync}, and for what the future would fail with
   * @throws WaitTimeoutException if the calling thread is interrupted; the message may still be
   *     sent
   * @throws IllegalStateException in a stage of a future from here, which would wait for itself
   */
  public <T> HybridReceipt publish(Tenant tenant, Message<T> message, Route<T> route) {
    return sender.await(publishAsync(tenant, message, route));
  }

  /**
   * Publishes a message.
   *
   * @return completed on the sending thread with the receipt, or with the {@link
   *     MessagingException} that says why there is none
   * @throws dev.tandem.api.error.InvalidValueException if the payload is larger than topic or
   *     channel allow
   * @throws dev.tandem.api.error.SerdeException if the payload cannot be turned into bytes
   * @throws dev.tandem.api.error.BufferFullException if there was no room in the buffer for as long
   *     as the settings allow to wait
   * @throws dev.tandem.api.error.ClosedException if the publisher is closed
   */
  public <T> CompletableFuture<HybridReceipt> publishAsync(
      Tenant tenant, Message<T> message, Route<T> route) {
    Outgoing next =
        outgoing.of(
            Require.notNull("tenant", tenant),
            Require.notNull("message", message),
            Require.notNull("route", route));
    sender.add(next);
    return next.result();
  }

  /**
   * Waits until everything published so far has its outcome.
   *
   * @param timeout zero to {@link #LONGEST_WAIT}
   * @return whether it has, within the time
   */
  public boolean flush(Duration timeout) {
    return sender.flush(Require.inRange("timeout", timeout, Duration.ZERO, LONGEST_WAIT));
  }

  /** What this publisher has done so far. */
  public HybridStats stats() {
    return new HybridStats(
        sink.published(), sink.failed(), sink.outcomeUnknown(), sender.waiting());
  }

  /**
   * Takes no more messages, sends those that wait for up to {@code drain}, and fails the rest with
   * {@link dev.tandem.api.error.ClosedException}. Repeated calls do nothing more.
   *
   * @param drain zero to {@link #LONGEST_WAIT}
   * @return whether every message had its outcome within the time
   */
  public boolean close(Duration drain) {
    return sender.close(Require.inRange("drain", drain, Duration.ZERO, LONGEST_WAIT));
  }

  /** Like {@link #close(Duration)} with {@link #DEFAULT_DRAIN}. */
  @Override
  public void close() {
    close(DEFAULT_DRAIN);
  }
}
