package dev.tandem.streams;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.error.SerdeException;
import dev.tandem.api.internal.Require;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.tenant.Tenant;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A message as it stands in a stream; or, where it could not be turned into a message, the entry's
 * fields and the reason.
 *
 * <p>Thread safety: immutable, as far as nobody changes the arrays in {@link #fields()}.
 *
 * @param <T> the payload's type
 */
public final class StreamMessage<T> implements TailEvent<T> {
  private final MessageId id;
  private final Tenant tenant;
  private final String topic;
  private final @Nullable Message<T> message;
  private final @Nullable SerdeException error;
  private final Map<String, byte[]> fields;

  private StreamMessage(
      MessageId id,
      Tenant tenant,
      String topic,
      @Nullable Message<T> message,
      @Nullable SerdeException error,
      Map<String, byte[]> fields) {
    this.id = Require.notNull("id", id);
    this.tenant = Require.notNull("tenant", tenant);
    this.topic = Require.notNull("topic", topic);
    this.message = message;
    this.error = error;
    this.fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
  }

  /** A message that could be read. */
  public static <T> StreamMessage<T> readable(
      MessageId id, Tenant tenant, String topic, Message<T> message) {
    return new StreamMessage<>(
        id, tenant, topic, Require.notNull("message", message), null, Map.of());
  }

  /** An entry that could not be read. */
  public static <T> StreamMessage<T> unreadable(
      MessageId id, Tenant tenant, String topic, SerdeException error, Map<String, byte[]> fields) {
    return new StreamMessage<>(id, tenant, topic, null, Require.notNull("error", error), fields);
  }

  /** The message's id. */
  public MessageId id() {
    return id;
  }

  /** The tenant whose stream it is in. */
  public Tenant tenant() {
    return tenant;
  }

  /** The topic's name. */
  @Override
  public String topic() {
    return topic;
  }

  /** Whether the entry could be turned into a message. */
  public boolean isReadable() {
    return message != null;
  }

  /**
   * The message.
   *
   * @throws SerdeException if the entry could not be turned into one: the same as {@link #error()}
   */
  public Message<T> message() {
    if (message == null) {
      throw Require.notNull("error", error);
    }
    return message;
  }

  /** Why it is not readable; empty if it is. */
  public Optional<SerdeException> error() {
    return Optional.ofNullable(error);
  }

  /**
   * The entry's fields as they are, if it is not readable, and empty otherwise. Of a field that
   * stands there more than once, the first.
   */
  public Map<String, byte[]> fields() {
    return fields;
  }

  /** When it was published, as far as its id tells: by the server's clock, to the millisecond. */
  public Instant publishedAt() {
    return EntryId.parse(id.value()).time();
  }

  /** Everything but the payload and the fields, which may be secret or large. */
  @Override
  public String toString() {
    return "StreamMessage[id="
        + id
        + ", tenant="
        + tenant
        + ", topic="
        + topic
        + ", "
        + (message != null ? message : error)
        + "]";
  }
}
