package dev.tandem.streams.eventstore;

import dev.tandem.api.Message;
import java.time.Instant;

/**
 * An event as it was appended.
 *
 * <p>Thread safety: immutable, as far as the payload is.
 *
 * @param aggregateId the aggregate that it happened to
 * @param version its number within the aggregate, from 1 without gaps
 * @param position where it stands in its category
 * @param message type, payload, key and headers
 * @param <T> the payload's type
 */
public record RecordedEvent<T>(
    String aggregateId, long version, CategoryPosition position, Message<T> message) {
  /** What happened. */
  public String type() {
    return message.type();
  }

  /** The payload. */
  public T payload() {
    return message.payload();
  }

  /** When it was appended, by the server's clock, to the millisecond. */
  public Instant time() {
    return position.time();
  }
}
