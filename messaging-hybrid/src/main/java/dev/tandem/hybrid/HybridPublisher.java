package dev.tandem.hybrid;

import dev.tandem.api.Message;
import dev.tandem.api.error.BufferFullException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.RateLimitedException;
import dev.tandem.api.error.WaitTimeoutException;
import dev.tandem.api.internal.Require;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.hybrid.internal.send.Outcomes;
import dev.tandem.hybrid.internal.send.Outgoing;
import dev.tandem.hybrid.internal.send.OutgoingFactory;
import dev.tandem.hybrid.internal.send.SendingThread;
import dev.tandem.hybrid.internal.spool.SpoolReplay;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.internal.limit.RateLimits;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.batch.BatchSender;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Publishes to a stream and to live channels in one step, as a {@link Route} says.
 *
 * <p><b>Guarantee.</b> One script appends the stream entry, assigns each channel's version, stores
 * the frames and publishes them: all of it happens or nothing, and all sides bear the same message
 * id. The stream entry tells the positions on the channels in its field {@code positions}. How a
 * future may fail, and what that says:
 *
 * <table>
 * <caption>When something breaks</caption>
 * <tr><th></th><th>by default</th><th>{@link HybridPublisherBuilder#idempotent idempotent}</th></tr>
 * <tr><td>no connection, server loading, a replica</td><td>{@link
 *     dev.tandem.api.error.UnavailableException} or {@link
 *     dev.tandem.api.error.ServerErrorException} after the connection's few attempts: published
 *     nowhere</td><td>the same after {@link HybridPublisherBuilder#publishRetry}, or what the
 *     {@link OutagePolicy} says</td></tr>
 * <tr><td>connection broken after sending</td><td>{@link
 *     dev.tandem.api.error.OutcomeUnknownException}: published everywhere, once, or nowhere; never
 *     sent again from here</td><td>sent again: published once. The exception only if no reply came
 *     at all</td></tr>
 * <tr><td>circuit breaker open</td><td colspan="2">{@link
 *     dev.tandem.api.error.CircuitOpenException} at once, or what the {@link OutagePolicy}
 *     says</td></tr>
 * <tr><td>out of memory, wrong type, no permission</td><td colspan="2">{@code
 *     ServerErrorException} at once: published nowhere</td></tr>
 * <tr><td>stream at its {@linkplain dev.tandem.streams.StreamTopic#boundedTo bound}</td><td
 *     colspan="2">{@link dev.tandem.api.error.StreamFullException} at once: published
 *     nowhere</td></tr>
 * </table>
 *
 * <p>One exception to "nowhere": Redis before 7.0 cannot be asked beforehand whether a user may
 * publish to a channel. Where that alone is refused everything stored is taken back, but
 * subscribers of other channels of the same route may have got the live message. What Redis may
 * lose after it has replied (restart without persistence, failover) is lost here too, of all sides
 * alike.
 *
 * <p><b>Order.</b> What one thread publishes to one stream, and to one channel, arrives there in
 * that order, also when it is sent again or comes from the spool, except that a message that failed
 * is missing there.
 *
 * <p><b>Threads.</b> Payloads are turned into bytes on the calling thread; many messages share one
 * round trip. Futures complete on the sending thread: a dependent stage without an executor of its
 * own must not block.
 *
 * <p><b>Limits.</b> As {@link dev.tandem.redis.batch.BatchSettings} says; when the buffer is full
 * the caller waits, then gets {@link BufferFullException}. Tenants take turns in it: one that
 * publishes much delays the message of another by about two batches. The {@linkplain
 * Channel#rateLimit rate limits} of channels count for each publisher. One script call carries up
 * to 64 messages or 256 KiB.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class HybridPublisher implements AutoCloseable {
  /** How long {@link #close()} lets waiting messages be sent: 30 seconds. */
  public static final Duration DEFAULT_DRAIN = Duration.ofSeconds(30);

  /** The longest that {@link #flush} and {@link #close(Duration)} may be told to wait: one day. */
  public static final Duration LONGEST_WAIT = Duration.ofDays(1);

  private final OutgoingFactory outgoing;
  private final RateLimits limits = new RateLimits();
  private final Outcomes outcomes;
  private final BatchSender<Outgoing> sender;
  private final SendingThread sendingThread;
  private final @Nullable SpoolReplay spool;
  private volatile boolean closed;

  HybridPublisher(
      OutgoingFactory outgoing,
      Outcomes outcomes,
      BatchSender<Outgoing> sender,
      SendingThread sendingThread,
      @Nullable SpoolReplay spool) {
    this.outgoing = outgoing;
    this.outcomes = outcomes;
    this.sender = sender;
    this.sendingThread = sendingThread;
    this.spool = spool;
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
   * @throws dev.tandem.api.error.InvalidValueException if the route refuses the message's type, or
   *     the payload is larger than topic or channel allow
   * @throws dev.tandem.api.error.SerdeException if the payload cannot be turned into bytes
   * @throws RateLimitedException if a channel's limit allows no more, for as long as it allows to
   *     wait; of several channels, others may have used up what they allow
   * @throws BufferFullException if there was no room in the buffer for as long as the settings
   *     allow to wait; the future fails with it if there is none in the spool
   * @throws dev.tandem.api.error.ClosedException if the publisher is closed
   */
  public <T> CompletableFuture<HybridReceipt> publishAsync(
      Tenant tenant, Message<T> message, Route<T> route) {
    Require.notNull("tenant", tenant);
    Require.notNull("message", message);
    FixedRoute<T> fixed = Require.notNull("route", route).forType(message.type());
    Outgoing next = outgoing.of(tenant, message, fixed);
    fixed.channels().forEach(channel -> limit(tenant, channel));
    sender.add(next);
    return next.result();
  }

  private void limit(Tenant tenant, Channel<?> channel) {
    try {
      limits.acquire(tenant, channel, 1, !sendingThread.isCurrent());
    } catch (RateLimitedException e) {
      outcomes.rateLimited();
      throw e;
    }
  }

  /**
   * Waits until everything published so far has its outcome; being in the spool is one.
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
        outcomes.published(),
        outcomes.failed(),
        outcomes.outcomeUnknown(),
        outcomes.resent(),
        outcomes.rateLimitRefusals(),
        outcomes.spooled(),
        sender.waiting(),
        spool == null ? SpoolStats.NONE : spool.stats());
  }

  /**
   * How it is doing: UP while messages get through, also if none was published yet; DEGRADED while
   * some wait in the spool, or after the server refused the last ones for a reason of its own, or
   * did not answer; DOWN if it could not be reached for the last ones and there is no spool, or the
   * publisher is closed. What went wrong counts for a minute.
   */
  public Health health() {
    return closed
        ? new Health(Health.Status.DOWN, "the publisher is closed", outcomes.lastProof())
        : outcomes.health(spool == null ? 0 : spool.stats().messages());
  }

  /**
   * Takes no more messages, sends those that wait for up to {@code drain}, and fails the rest with
   * {@link dev.tandem.api.error.ClosedException}, or spools it. What is in the spool stays there
   * for the next publisher that uses it. Repeated calls do nothing more.
   *
   * @param drain zero to {@link #LONGEST_WAIT}
   * @return whether every message had its outcome within the time
   */
  public boolean close(Duration drain) {
    Require.inRange("drain", drain, Duration.ZERO, LONGEST_WAIT);
    closed = true;
    boolean complete = sender.close(drain);
    if (spool != null) {
      sendingThread.join();
      spool.close();
    }
    return complete;
  }

  /** Like {@link #close(Duration)} with {@link #DEFAULT_DRAIN}. */
  @Override
  public void close() {
    close(DEFAULT_DRAIN);
  }
}
