package dev.tandem.streams;

import com.codahale.metrics.Counter;
import dev.tandem.api.Headers;
import dev.tandem.api.Message;
import dev.tandem.api.error.BufferFullException;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.internal.Require;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.internal.entry.EntryAudit;
import dev.tandem.streams.internal.entry.EntryFormat;
import dev.tandem.streams.internal.schedule.ScheduleStore;
import dev.tandem.streams.internal.schedule.ScheduledIds;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.internal.quota.DirectQuota;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Publishes to streams later: a message waits on the server and is appended when it is due.
 *
 * <p><b>Guarantees.</b> When a call returns an id, the message is stored on the server and survives
 * every process; it is appended once, not before it is due by the server's clock, or cancelled
 * once, never both. Appending and taking it off the schedule is one step. Calls are repeated when
 * their reply is lost, without scheduling twice. A call that throws {@link
 * dev.tandem.api.error.OutcomeUnknownException} may have scheduled the message, once; {@link #list}
 * tells. What Redis itself may lose after it has replied is lost here too.
 *
 * <p><b>Who appends.</b> Every running {@link StreamWorker} of the topic does, and every running
 * {@link SchedulePromoter} of it. While none runs, messages wait, and are late. Otherwise they are
 * appended within about 200 milliseconds of when they are due, or within as many milliseconds as
 * whoever appends them has streams, if those are more; up to 100 of a stream at a time.
 *
 * <p><b>Order.</b> Messages are appended in the order in which they are due; of those due in the
 * same millisecond, the messages of one scheduler in the order in which they were sent.
 *
 * <p><b>Identity.</b> The {@link ScheduledId} is not the message's id, which is that of its stream
 * entry and known only when it is appended. The message carries the scheduled id as the header
 * {@value #ID_HEADER}. Its time to live ({@link Message#expiresAfter}) counts from the append.
 *
 * <p><b>Limits.</b> A message may be due up to {@link #FURTHEST} ahead, and up to {@value
 * #DEFAULT_MOST_WAITING} may wait for each stream; they are kept in memory by Redis.
 *
 * <p>Calls block for a round trip and throw {@link dev.tandem.api.error.MessagingException}s.
 * Payloads are turned into bytes on the calling thread.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class StreamScheduler {
  /** The header in which a message carries its scheduled id. */
  public static final String ID_HEADER = Headers.RESERVED + "scheduled-id";

  /** How far ahead a message may be due: 365 days. */
  public static final Duration FURTHEST = Duration.ofDays(365);

  /** How many messages may wait for one stream unless said otherwise: {@value}. */
  public static final int DEFAULT_MOST_WAITING = 1_000_000;

  /** The most messages that one call lists. */
  public static final int MOST_LISTED = 1_000;

  private static final Instant LAST_INSTANT = Instant.parse("9999-12-31T00:00:00Z");

  private final RedisConnection redis;
  private final KeyLayout keys;
  private final int mostWaiting;
  private final ScheduledIds ids = new ScheduledIds();
  private final @Nullable DirectQuota quota;
  private final @Nullable EntryAudit audit;
  private final Counter scheduled;
  private final Counter cancelled;

  private StreamScheduler(RedisConnection redis, int mostWaiting) {
    this.redis = redis;
    this.keys = KeyLayout.of(redis);
    this.mostWaiting = mostWaiting;
    this.quota = DirectQuota.of(redis, System::nanoTime, "scheduler");
    this.audit = EntryAudit.of(redis.audit());
    this.scheduled = redis.metrics().counter("tandem.streams.scheduler.scheduled");
    this.cancelled = redis.metrics().counter("tandem.streams.scheduler.cancelled");
  }

  /** A scheduler over this connection. It has no threads and need not be closed. */
  public static StreamScheduler of(RedisConnection redis) {
    return new StreamScheduler(Require.notNull("redis", redis), DEFAULT_MOST_WAITING);
  }

  /**
   * A scheduler that refuses messages while so many wait for their stream, whoever scheduled them;
   * 1 or more.
   */
  public StreamScheduler mostWaiting(int most) {
    return new StreamScheduler(redis, Require.inRange("mostWaiting", most, 1, Integer.MAX_VALUE));
  }

  /**
   * Has a message appended at a time.
   *
   * @param dueAt by the server's clock, rounded up to a millisecond; at once if it is past
   * @throws InvalidValueException if the time is further ahead than {@link #FURTHEST}, or the
   *     payload is larger than the topic allows
   * @throws dev.tandem.api.error.SerdeException if the payload cannot be turned into bytes
   * @throws BufferFullException if too many messages wait for the stream
   */
  public <T> ScheduledId sendAt(
      Tenant tenant, StreamTopic<T> topic, Message<T> message, Instant dueAt) {
    Require.notNull("dueAt", dueAt);
    return schedule(tenant, topic, message, Long.toString(ceilMillis(dueAt)), dueAt);
  }

  /**
   * Has a message appended after a time, counted by the server from when it gets the message.
   *
   * @param delay zero to {@link #FURTHEST}, rounded up to a millisecond
   * @throws InvalidValueException if the delay is out of range, or the payload is larger than the
   *     topic allows
   * @throws dev.tandem.api.error.SerdeException if the payload cannot be turned into bytes
   * @throws BufferFullException if too many messages wait for the stream
   */
  public <T> ScheduledId sendAfter(
      Tenant tenant, StreamTopic<T> topic, Message<T> message, Duration delay) {
    Require.inRange("delay", delay, Duration.ZERO, FURTHEST);
    return schedule(tenant, topic, message, "+" + delay.plusNanos(999_999).toMillis(), delay);
  }

  /**
   * Takes a message back.
   *
   * @return whether it was still waiting; if so it will never be appended. False if it was appended
   *     or cancelled before, or is not known
   */
  public boolean cancel(Tenant tenant, String topicName, ScheduledId id) {
    boolean waited = store(tenant, topicName).cancel(Require.notNull("scheduled id", id));
    if (waited) {
      cancelled.inc();
    }
    return waited;
  }

  /** How many messages wait for the stream. */
  public long count(Tenant tenant, String topicName) {
    return store(tenant, topicName).count();
  }

  /** When the next message of the stream is due, if one waits. */
  public Optional<Instant> nextDue(Tenant tenant, String topicName) {
    return store(tenant, topicName).list(null, 1).stream().map(ScheduledMessage::dueAt).findFirst();
  }

  /** The message of this id, if it waits. */
  public Optional<ScheduledMessage> find(Tenant tenant, String topicName, ScheduledId id) {
    return store(tenant, topicName).find(Require.notNull("scheduled id", id));
  }

  /**
   * The messages that wait for the stream, those first that are due first.
   *
   * @param limit the most to give back, 1 to {@value #MOST_LISTED}; a message may be large
   */
  public List<ScheduledMessage> list(Tenant tenant, String topicName, int limit) {
    return store(tenant, topicName).list(null, checkLimit(limit));
  }

  /**
   * The next page of the messages that wait.
   *
   * @param after the last message of the page before; it need not wait any more
   * @param limit the most to give back, 1 to {@value #MOST_LISTED}
   */
  public List<ScheduledMessage> listAfter(
      Tenant tenant, String topicName, ScheduledMessage after, int limit) {
    return store(tenant, topicName).list(Require.notNull("after", after), checkLimit(limit));
  }

  private <T> ScheduledId schedule(
      Tenant tenant, StreamTopic<T> topic, Message<T> message, String due, Object asked) {
    Require.notNull("topic", topic);
    ScheduleStore store = store(tenant, topic.name());
    ScheduledId id = ids.next();
    List<byte[]> fields =
        EntryFormat.encode(tenant, topic, withId(Require.notNull("message", message), id));
    try {
      add(tenant, topic.name(), store, id, due, asked, fields);
    } catch (MessagingException e) {
      tell(tenant, topic.name(), fields, e.code());
      throw e;
    }
    tell(tenant, topic.name(), fields, null);
    scheduled.inc();
    return id;
  }

  private void tell(Tenant tenant, String topic, List<byte[]> fields, @Nullable ErrorCode failure) {
    if (audit != null) {
      audit.tell(tenant, topic, List.of(fields), failure);
    }
  }

  private void add(
      Tenant tenant,
      String topic,
      ScheduleStore store,
      ScheduledId id,
      String due,
      Object asked,
      List<byte[]> fields) {
    if (quota != null) {
      quota.publish(tenant, topic, 1, fields.get(EntryFormat.DATA_VALUE).length);
    }
    ScheduleStore.Added added = store.add(id, due, FURTHEST, mostWaiting, fields);
    if (added.status() == 0) {
      Instant latest = Instant.ofEpochMilli(added.number()).plus(FURTHEST);
      throw new InvalidValueException("dueAt", asked, "must be at most " + latest);
    }
    if (added.status() < 0) {
      throw new BufferFullException(
          added.number()
              + " messages wait to be appended to stream "
              + topic
              + " of tenant "
              + tenant.name()
              + ", at most "
              + mostWaiting
              + " may",
          tenant.name(),
          topic);
    }
  }

  // The server refuses what is too far ahead, for it knows the time; here only no number overflows.
  private static long ceilMillis(Instant instant) {
    if (instant.isBefore(Instant.EPOCH)) {
      return 0;
    }
    return instant.isAfter(LAST_INSTANT)
        ? LAST_INSTANT.toEpochMilli()
        : instant.plusNanos(999_999).toEpochMilli();
  }

  private static <T> Message<T> withId(Message<T> message, ScheduledId id) {
    Map<String, String> headers = new LinkedHashMap<>(message.headers().asMap());
    headers.put(ID_HEADER, id.value());
    Message<T> carrying =
        Message.received(
            message.type(), message.payload(), message.key(), Headers.received(headers));
    Duration timeToLive = message.timeToLive();
    return timeToLive == null ? carrying : carrying.expiresAfter(timeToLive);
  }

  private ScheduleStore store(Tenant tenant, String topicName) {
    return new ScheduleStore(redis, keys.stream(Require.notNull("tenant", tenant), topicName));
  }

  private static int checkLimit(int limit) {
    return Require.inRange("limit", limit, 1, MOST_LISTED);
  }
}
