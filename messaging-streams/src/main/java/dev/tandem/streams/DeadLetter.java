package dev.tandem.streams;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.error.SerdeException;
import dev.tandem.streams.internal.entry.EntryFormat;
import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.tenant.Tenant;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A message that a group has given up.
 *
 * <p>Thread safety: immutable, as far as nobody changes the arrays in {@link #fields()}.
 *
 * @param id its place among the dead letters of the group
 * @param originalId the id it had in the stream
 * @param reason why it was given up
 * @param deliveries how often it was delivered; since its last replay, if it was replayed
 * @param replays how often it was replayed before it was given up again; 0 the first time
 * @param consumer the consumer that had it last; empty if unknown
 * @param error what went wrong, in words, shortened to 2,000 characters; empty if there was no
 *     error
 * @param movedAt when it was given up, by the server's clock
 * @param fields the original entry's fields as they were; empty if its data was lost. Of a field
 *     that stood in the entry more than once, the first
 */
public record DeadLetter(
    MessageId id,
    MessageId originalId,
    DeadLetterReason reason,
    long deliveries,
    long replays,
    String consumer,
    String error,
    Instant movedAt,
    Map<String, byte[]> fields) {
  /** Copies the map. */
  public DeadLetter {
    fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
  }

  /**
   * The message that was given up.
   *
   * @throws SerdeException if it is not readable, or its data was lost
   */
  public <T> Message<T> message(Tenant tenant, StreamTopic<T> topic) {
    return EntryFormat.decode(tenant, topic, RawEntry.ofFields(fields));
  }

  /** Everything but the original fields, which may be secret or large. */
  @Override
  public String toString() {
    return "DeadLetter[id="
        + id
        + ", originalId="
        + originalId
        + ", reason="
        + reason
        + ", deliveries="
        + deliveries
        + ", replays="
        + replays
        + ", consumer="
        + consumer
        + ", movedAt="
        + movedAt
        + "]";
  }
}
