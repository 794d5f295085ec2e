package dev.tandem.streams.internal.read;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.error.SerdeException;
import dev.tandem.streams.StreamMessage;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.internal.entry.EntryFormat;
import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.tenant.Tenant;

/**
 * Turns entries into messages.
 *
 * @param strict whether an entry that is not readable is an error
 */
public record Decoder(boolean strict) {
  /**
   * The message in an entry.
   *
   * @throws SerdeException if it is not readable and this decoder is strict
   */
  public <T> StreamMessage<T> decode(
      Tenant tenant, StreamTopic<? extends T> topic, RawEntry entry) {
    MessageId id = MessageId.of(entry.id().toString());
    try {
      return StreamMessage.readable(id, tenant, topic.name(), widened(tenant, topic, entry));
    } catch (SerdeException e) {
      SerdeException error =
          new SerdeException(
              "entry " + id + " of topic " + topic.name() + " is not readable: " + e.getMessage(),
              e,
              tenant.name(),
              topic.name());
      if (strict) {
        throw error;
      }
      return StreamMessage.unreadable(id, tenant, topic.name(), error, entry.toMap(0));
    }
  }

  // What is read only may be taken for a message of any wider type.
  @SuppressWarnings("unchecked")
  private static <T> Message<T> widened(
      Tenant tenant, StreamTopic<? extends T> topic, RawEntry entry) {
    return (Message<T>) EntryFormat.decode(tenant, topic, entry);
  }
}
