package dev.tandem.streams;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.WaitTimeoutException;
import dev.tandem.api.internal.Require;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.batch.BatchSender;
import dev.tandem.streams.internal.entry.EntryFormat;
import dev.tandem.streams.internal.produce.Outcomes;
import dev.tandem.streams.internal.produce.Outgoing;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.StreamKeys;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Appends messages to streams: many callers, one sending thread, one round trip for many messages.
 *
 * <p><b>Guarantee.</b> A future that completes with an id says that the message is in the stream,
 * once. How it may fail, and what that says:
 *
 * <table>
 * <caption>When something breaks</caption>
 * <tr><th></th><th>by default</th><th>{@link StreamProducerBuilder#idempotent idempotent}</th></tr>
 * <tr><td>no connection</td><td>{@link dev.tandem.api.error.UnavailableException} or {@link
 *     dev.tandem.api.error.CircuitOpenException} after the connection's few attempts, which a batch
 *     with another behind it does not get, nor one that was on its way behind another that failed:
 *     not in the stream</td><td>the same, but only after {@link
 *     StreamProducerBuilder#retryFor}</td></tr>
 * <tr><td>connection broken after sending</td><td>{@link
 *     dev.tandem.api.error.OutcomeUnknownException} for up to two batches (by default 2,048
 *     messages): each in the stream once or not at all, and never sent again from here</td><td>sent
 *     again: in the stream once. The exception only if no reply came for {@code retryFor}, or the
 *     producer was closed meanwhile</td></tr>
 * <tr><td>server loading, busy, read-only; failover</td><td>{@link
 *     dev.tandem.api.error.ServerErrorException}: not in the stream. A batch with another behind it,
 *     or behind another of which something failed, is not tried again by the connection</td><td>sent again, for {@code retryFor}</td></tr>
 * <tr><td>server out of memory, wrong type, no permission</td><td colspan="2">{@code
 *     ServerErrorException} at once: not in the stream</td></tr>
 * <tr><td>stream at its {@linkplain StreamTopic#boundedTo bound}</td><td colspan="2">{@link
 *     dev.tandem.api.error.StreamFullException}, at once or after {@link
 *     StreamProducerBuilder#whenFull}: not in the stream</td></tr>
 * </table>
 *
 * <p>What Redis itself may lose after it has replied (restart without persistence, failover) is
 * lost here too, in both modes.
 *
 * <p><b>Order.</b> What one thread sends to one stream is appended in that order, also when it is
 * sent again, except that a message that failed is missing there, while those behind it may be in
 * the stream: while the server works at a large batch, the next one is on its way already.
 *
 * <p><b>Threads.</b> Payloads are turned into bytes on the calling thread. Who waits for a message
 * sends it by himself, where nothing else is on its way and nothing {@linkplain
 * StreamProducerBuilder#batching lingers}; all else is sent by one thread. The futures complete on
 * the sending thread, so that a dependent stage without an executor of its own holds up all others
 * while it runs: it must not block, and must not wait for another message of this producer.
 *
 * <p><b>Limits.</b> Messages wait in a bounded buffer (by default 65,536 of them or 64 MiB); when
 * it is full, {@link #send} waits (by default up to 5 seconds), then refuses. Messages to be sent
 * again, or waiting for room in their stream, count too; they hold up those of other streams only
 * when they fill the buffer.
 *
 * <p><b>Tenants</b> that share a producer take turns: each batch has room for every tenant of which
 * messages wait, as long as these are not more than a batch may have messages. So a tenant that
 * sends much delays the message of another by about two batches, not by all that waits in the
 * buffer. When the buffer is full, all wait for room.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class StreamProducer implements AutoCloseable {
  /** How long {@link #close()} lets waiting messages be sent: 30 seconds. */
  public static final Duration DEFAULT_DRAIN = Duration.ofSeconds(30);

  /** The longest that {@link #flush} and {@link #close(Duration)} may be told to wait: one day. */
  public static final Duration LONGEST_WAIT = Duration.ofDays(1);

  private final KeyLayout keys;
  private final Outcomes outcomes;
  private final BatchSender<Outgoing> sender;
  private volatile boolean closed;

  StreamProducer(KeyLayout keys, Outcomes outcomes, BatchSender<Outgoing> sender) {
    this.keys = keys;
    this.outcomes = outcomes;
    this.sender = sender;
  }

  /** A producer over this connection, with everything that can be set. */
  public static StreamProducerBuilder builder(RedisConnection redis) {
    return new StreamProducerBuilder(redis);
  }

  /**
   * Sends a message.
   *
   * @return completed on the sending thread with the id of the stream entry, or with the {@link
   *     MessagingException} that says why there is none
   * @throws dev.tandem.api.error.InvalidValueException if the payload is larger than the topic
   *     allows
   * @throws dev.tandem.api.error.SerdeException if the payload cannot be turned into bytes
   * @throws dev.tandem.api.error.BufferFullException if there was no room in the buffer for as long
   *     as the settings allow to wait
   * @throws dev.tandem.api.error.ClosedException if the producer is closed
   */
  public <T> CompletableFuture<MessageId> send(
      Tenant tenant, StreamTopic<T> topic, Message<T> message) {
    Outgoing outgoing = outgoing(tenant, topic, message);
    sender.add(outgoing);
    return outgoing.result();
  }

  private <T> Outgoing outgoing(Tenant tenant, StreamTopic<T> topic, Message<T> message) {
    Require.notNull("tenant", tenant);
    Require.notNull("topic", topic);
    List<byte[]> fields = EntryFormat.encode(tenant, topic, Require.notNull("message", message));
    StreamKeys stream = keys.stream(tenant, topic.name());
    return new Outgoing(tenant, topic.name(), stream, topic.bound(), fields);
  }

  /**
   * Sends a message and waits until it is in the stream. Where no other message is on its way, the
   * calling thread sends it by itself.
   *
   * @return the id of the stream entry
   * @throws MessagingException like {@link #send}, and for what the future would fail with
   * @throws WaitTimeoutException if the calling thread is interrupted while another sends the
   *     message, which may still be sent. While it sends by itself an interrupt is only kept: the
   *     call ends with what became of the message, within the connection's timeouts and attempts
   * @throws IllegalStateException in a stage of a future from here, which would wait for itself
   */
  public <T> MessageId sendAndWait(Tenant tenant, StreamTopic<T> topic, Message<T> message) {
    Outgoing outgoing = outgoing(tenant, topic, message);
    sender.addAwaited(outgoing);
    return sender.await(outgoing.result());
  }

  /**
   * Waits until everything sent so far has its outcome.
   *
   * @param timeout zero to {@link #LONGEST_WAIT}
   * @return whether it has, within the time
   */
  public boolean flush(Duration timeout) {
    return sender.flush(Require.inRange("timeout", timeout, Duration.ZERO, LONGEST_WAIT));
  }

  /**
   * Takes no more messages, sends those that wait for up to {@code drain}, and fails the rest with
   * {@link dev.tandem.api.error.ClosedException}. Repeated calls do nothing more.
   *
   * @param drain zero to {@link #LONGEST_WAIT}
   * @return whether every message had its outcome within the time
   */
  public boolean close(Duration drain) {
    Require.inRange("drain", drain, Duration.ZERO, LONGEST_WAIT);
    closed = true;
    return sender.close(drain);
  }

  /** Like {@link #close(Duration)} with {@link #DEFAULT_DRAIN}. */
  @Override
  public void close() {
    close(DEFAULT_DRAIN);
  }

  /** What this producer has done so far, altogether and for each stream. */
  public ProducerStats stats() {
    return outcomes.stats(sender.waiting());
  }

  /**
   * How it is doing, by what became of the messages: UP while they get through, also if none was
   * sent yet; DEGRADED if those for some stream did not, for whatever reason, and none for the same
   * stream has since; DOWN if the server could not be reached for the last ones, or the producer is
   * closed. What went wrong counts for a minute.
   */
  public Health health() {
    return closed
        ? new Health(Health.Status.DOWN, "the producer is closed", outcomes.lastProof())
        : outcomes.health();
  }
}
