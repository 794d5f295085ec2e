package dev.tandem.streams;

import dev.tandem.api.MessageId;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.streams.internal.read.Decoder;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Looks at what stands in streams, without a group: nothing is leased, acknowledged or counted, and
 * no group sees less for it. A stream that does not exist reads as an empty one.
 *
 * <p><b>Unreadable entries.</b> A reader is lenient: an entry that cannot be turned into a message
 * comes as a {@link StreamMessage} with its fields and the error, in its place among the others. A
 * {@link #strict()} one throws a {@link dev.tandem.api.error.SerdeException} that names the entry
 * instead.
 *
 * <p>Calls block for a round trip and throw {@link dev.tandem.api.error.MessagingException}s. A
 * page is held in memory whole: mind the limit where payloads are large.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class StreamReader {
  /** The most messages that one call gives. */
  public static final int MOST_READ = 10_000;

  /** The most topics that one call reads. */
  public static final int MOST_TOPICS = 1_000;

  private final RedisConnection redis;
  private final KeyLayout keys;
  private final Decoder decoder;

  private StreamReader(RedisConnection redis, KeyLayout keys, Decoder decoder) {
    this.redis = redis;
    this.keys = keys;
    this.decoder = decoder;
  }

  /** A lenient reader of the streams that can be reached over this connection. */
  public static StreamReader of(RedisConnection redis) {
    Require.notNull("redis", redis);
    return new StreamReader(redis, KeyLayout.of(redis), new Decoder(false));
  }

  /** This reader, but one that throws where an entry cannot be turned into a message. */
  public StreamReader strict() {
    return new StreamReader(redis, keys, new Decoder(true));
  }

  /** The message of this id, or empty if it is not in the stream (any more). */
  public <T> Optional<StreamMessage<T>> get(Tenant tenant, StreamTopic<T> topic, MessageId id) {
    return range(tenant, topic, StreamRange.all().from(id).to(id), 1).stream().findFirst();
  }

  /**
   * Messages of a range, oldest first. Go on with {@link StreamRange#after} the last.
   *
   * @param limit the most to give, 1 to {@value #MOST_READ}
   */
  public <T> List<StreamMessage<T>> range(
      Tenant tenant, StreamTopic<T> topic, StreamRange range, int limit) {
    Require.notNull("range", range);
    return read("XRANGE", tenant, topic, range, range.lower(), range.upper(), limit);
  }

  /**
   * Messages of a range, newest first. Go on with {@link StreamRange#before(MessageId)} the last.
   *
   * @param limit the most to give, 1 to {@value #MOST_READ}
   */
  public <T> List<StreamMessage<T>> reverseRange(
      Tenant tenant, StreamTopic<T> topic, StreamRange range, int limit) {
    Require.notNull("range", range);
    return read("XREVRANGE", tenant, topic, range, range.upper(), range.lower(), limit);
  }

  /**
   * The messages after this one, oldest first. It need not be there any more; then nobody can tell
   * whether messages after it are gone too ({@link #tail} can, mostly).
   *
   * @param limit the most to give, 1 to {@value #MOST_READ}
   */
  public <T> List<StreamMessage<T>> since(
      Tenant tenant, StreamTopic<T> topic, MessageId id, int limit) {
    return range(tenant, topic, StreamRange.all().after(id), limit);
  }

  /**
   * Messages published in a time, oldest first.
   *
   * @param from the first instant that counts, from 1970
   * @param to the first instant that does not count any more
   * @param limit the most to give, 1 to {@value #MOST_READ}
   */
  public <T> List<StreamMessage<T>> between(
      Tenant tenant, StreamTopic<T> topic, Instant from, Instant to, int limit) {
    return range(tenant, topic, StreamRange.all().from(from).before(to), limit);
  }

  /**
   * The messages of several topics after these positions, in one call: by topic, oldest first.
   * Topics that have nothing new are left out.
   *
   * @param after the last message known of each topic, 1 to {@value #MOST_TOPICS} topics, each
   *     once; {@code 0-0} for all
   * @param limit the most to give of each topic, 1 to {@value #MOST_READ}
   */
  public <T> Map<String, List<StreamMessage<T>>> since(
      Tenant tenant, Map<? extends StreamTopic<? extends T>, MessageId> after, int limit) {
    Require.inRange("limit", limit, 1, MOST_READ);
    checkTopics(Require.notNull("after", after).keySet());
    Command command = Command.of("XREAD").arg("COUNT").arg(limit).arg("STREAMS");
    Map<String, StreamTopic<? extends T>> byKey = new HashMap<>();
    for (StreamTopic<? extends T> topic : after.keySet()) {
      command.key(keys.stream(tenant, topic.name()).stream());
      byKey.put(keys.stream(tenant, topic.name()).stream().text(), topic);
    }
    after
        .values()
        .forEach(id -> command.arg(EntryId.parse(Require.notNull("id", id).value()).toString()));
    Map<String, List<StreamMessage<T>>> messages = new LinkedHashMap<>();
    for (Replies.Pair one : Replies.pairs(redis.commands().execute(command.repeatable()))) {
      StreamTopic<? extends T> topic = Require.notNull("topic", byKey.get(Replies.text(one.key())));
      List<StreamMessage<T>> page = new ArrayList<>();
      for (Object entry : Replies.list(one.value())) {
        page.add(decoder.decode(tenant, topic, RawEntry.of(entry)));
      }
      messages.put(topic.name(), List.copyOf(page));
    }
    return messages;
  }

  /** Follows one topic; see {@link #tail(Tenant, Map)}. */
  public <T> StreamTail<T> tail(Tenant tenant, StreamTopic<T> topic, StreamPosition from) {
    return tail(tenant, Map.of(Require.notNull("topic", topic), Require.notNull("from", from)));
  }

  /** Follows several topics from the same position each; see {@link #tail(Tenant, Map)}. */
  public <T> StreamTail<T> tail(
      Tenant tenant, Collection<? extends StreamTopic<? extends T>> topics, StreamPosition from) {
    Map<StreamTopic<? extends T>, StreamPosition> each = new LinkedHashMap<>();
    checkTopics(topics);
    topics.forEach(topic -> each.put(topic, Require.notNull("from", from)));
    return tail(tenant, each);
  }

  /**
   * Follows topics of a tenant, each from a position of its own. Nothing is asked of the server
   * before the first {@link StreamTail#poll}: that is when {@link StreamPosition#now()} is.
   *
   * @param from where to begin in each topic, 1 to {@value #MOST_TOPICS}, each once
   */
  public <T> StreamTail<T> tail(
      Tenant tenant, Map<? extends StreamTopic<? extends T>, StreamPosition> from) {
    Require.notNull("tenant", tenant);
    checkTopics(Require.notNull("from", from).keySet());
    return new StreamTail<>(redis, keys, tenant, from, decoder);
  }

  private <T> List<StreamMessage<T>> read(
      String name,
      Tenant tenant,
      StreamTopic<T> topic,
      StreamRange range,
      String first,
      String second,
      int limit) {
    Require.inRange("limit", limit, 1, MOST_READ);
    Command command =
        Command.of(name)
            .key(keys.stream(tenant, Require.notNull("topic", topic).name()).stream())
            .arg(first)
            .arg(second)
            .arg("COUNT")
            .arg(limit)
            .repeatable();
    List<StreamMessage<T>> page = new ArrayList<>();
    if (!range.isEmpty()) {
      for (Object entry : Replies.list(redis.commands().execute(command))) {
        page.add(decoder.decode(tenant, topic, RawEntry.of(entry)));
      }
    }
    return List.copyOf(page);
  }

  private static void checkTopics(Collection<? extends StreamTopic<?>> topics) {
    Require.inRange("number of topics", Require.notNull("topics", topics).size(), 1, MOST_TOPICS);
    if (topics.stream().map(topic -> Require.notNull("topic", topic).name()).distinct().count()
        < topics.size()) {
      throw new InvalidValueException("topics", topics, "must not name a topic twice");
    }
  }
}
