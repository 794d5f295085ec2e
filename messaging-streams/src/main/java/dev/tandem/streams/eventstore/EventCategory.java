package dev.tandem.streams.eventstore;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import dev.tandem.api.serde.Serde;
import dev.tandem.streams.StreamTopic;
import dev.tandem.tenant.Names;

/**
 * A kind of aggregates by name, such as {@code orders}, and the payload type of their events. Each
 * tenant has its own of this name.
 *
 * <p>Thread safety: immutable, as far as the serde is safe for use by many threads.
 *
 * @param <T> the payload's type; for events of several kinds a sealed interface whose subtypes the
 *     serde tells apart, or bytes
 */
public final class EventCategory<T> {
  /** The largest payload unless said otherwise: 1 MiB. */
  public static final int DEFAULT_PAYLOAD_LIMIT = StreamTopic.DEFAULT_PAYLOAD_LIMIT;

  private final StreamTopic<T> topic;

  private EventCategory(StreamTopic<T> topic) {
    this.topic = topic;
  }

  /**
   * The category of this name.
   *
   * @throws InvalidValueException if the name breaks the rule of {@link Names}
   */
  public static <T> EventCategory<T> of(String name, Serde<T> serde) {
    return new EventCategory<>(StreamTopic.of(Names.check("category", name), serde));
  }

  /**
   * This category with another limit on the size of a payload as bytes, 1 to {@link
   * EventStore#MOST_BYTES}; larger ones are refused when they are appended.
   */
  public EventCategory<T> payloadLimit(int bytes) {
    Require.inRange("payloadLimit", bytes, 1, EventStore.MOST_BYTES);
    return new EventCategory<>(topic.payloadLimit(bytes));
  }

  /** The name within the tenant. */
  public String name() {
    return topic.name();
  }

  /** What turns payloads into bytes and back. */
  public Serde<T> serde() {
    return topic.serde();
  }

  /** The largest payload that may be appended, in bytes. */
  public int payloadLimit() {
    return topic.payloadLimit();
  }

  StreamTopic<T> topic() {
    return topic;
  }

  /** The name. */
  @Override
  public String toString() {
    return name();
  }
}
