package dev.tandem.streams;

import dev.tandem.api.Message;
import dev.tandem.api.error.SerdeException;
import dev.tandem.streams.internal.entry.EntryFormat;
import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.tenant.Tenant;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A message that waits to be appended to its stream.
 *
 * <p>Thread safety: immutable, as far as nobody changes the arrays in {@link #fields()}.
 *
 * @param id what it is cancelled by
 * @param dueAt when it is to be appended, by the server's clock
 * @param scheduledAt when it was scheduled, by the server's clock; the epoch if unknown
 * @param fields what its stream entry will hold; empty if it cannot be read
 */
public record ScheduledMessage(
    ScheduledId id, Instant dueAt, Instant scheduledAt, Map<String, byte[]> fields) {
  /** Copies the map. */
  public ScheduledMessage {
    fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
  }

  /**
   * The message.
   *
   * @throws SerdeException if it is not readable
   */
  public <T> Message<T> message(Tenant tenant, StreamTopic<T> topic) {
    return EntryFormat.decode(tenant, topic, RawEntry.ofFields(fields));
  }

  /** Everything but the fields, which may be secret or large. */
  @Override
  public String toString() {
    return "ScheduledMessage[id=" + id + ", dueAt=" + dueAt + ", scheduledAt=" + scheduledAt + "]";
  }
}
