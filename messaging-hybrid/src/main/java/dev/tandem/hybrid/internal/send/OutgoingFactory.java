package dev.tandem.hybrid.internal.send;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.serde.SerdeContext;
import dev.tandem.hybrid.FixedRoute;
import dev.tandem.hybrid.internal.wire.Destination;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.internal.entry.EntryFormat;
import dev.tandem.tenant.Tenant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Encodes a message for all places of its route; the payload once for those in a row that use the
 * same serde.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class OutgoingFactory {
  private static final byte[] NO_DATA = {};

  private final String idPrefix;
  private final AtomicLong lastId = new AtomicLong();

  /**
   * A factory.
   *
   * @param idPrefix what the ids of messages that go to no stream begin with; unique for this run
   *     of the process
   */
  public OutgoingFactory(String idPrefix) {
    this.idPrefix = idPrefix;
  }

  /** Encodes on the calling thread; refuses what topic or channels do not allow. */
  public <T> Outgoing of(Tenant tenant, Message<T> message, FixedRoute<T> route) {
    return of(
        tenant, message, route, () -> MessageId.of(idPrefix + '-' + lastId.incrementAndGet()));
  }

  /** The same, with this id if the message goes to no stream, which would give it one. */
  public static <T> Outgoing of(
      Tenant tenant, Message<T> message, FixedRoute<T> route, Supplier<MessageId> ids) {
    StreamTopic<T> topic = route.topic();
    if (topic == null) {
      MessageId id = ids.get();
      LiveMessages<T> live = new LiveMessages<>(id, message, null, null);
      live.addAll(route, new SerdeContext(tenant.name(), route.channels().get(0).name()));
      return new Outgoing(
          new Destination(tenant, null, 0, live.channels()),
          id,
          List.of(),
          NO_DATA,
          live.messages(),
          live.largestPayload(),
          message.type(),
          message.key());
    }
    List<byte[]> fields = EntryFormat.encode(tenant, topic, message);
    byte[] data = fields.get(EntryFormat.DATA_VALUE);
    List<byte[]> labels = new ArrayList<>(fields.size() / 2);
    for (int value = 1; value < fields.size(); value += 2) {
      if (value != EntryFormat.DATA_VALUE) {
        labels.add(fields.get(value));
      }
    }
    LiveMessages<T> live = new LiveMessages<>(null, message, topic.serde(), data);
    live.addAll(route, new SerdeContext(tenant.name(), topic.name()));
    return new Outgoing(
        new Destination(tenant, topic.name(), topic.bound(), live.channels()),
        null,
        labels,
        data,
        live.messages(),
        live.largestPayload(),
        message.type(),
        message.key());
  }
}
