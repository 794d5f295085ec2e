package dev.tandem.hybrid.internal;

import dev.tandem.api.Message;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.serde.SerdeContext;
import dev.tandem.hybrid.Route;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.internal.frame.OutgoingMessage;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.internal.entry.EntryFormat;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Encodes a message for both halves; the payload once if both use the same serde. */
public final class OutgoingFactory {
  /** About what an entry and a place in a frame need beside their contents. */
  private static final int OVERHEAD = 128;

  private final KeyLayout keys;

  /** A factory for keys of this layout. */
  public OutgoingFactory(KeyLayout keys) {
    this.keys = keys;
  }

  /** Encodes on the calling thread; refuses what topic or channel do not allow. */
  public <T> Outgoing of(Tenant tenant, Message<T> message, Route<T> route) {
    StreamTopic<T> topic = route.topic();
    Channel<T> channel = route.channel();
    List<byte[]> fields = EntryFormat.encode(tenant, topic, message);
    byte[] stored = fields.get(EntryFormat.DATA_VALUE);
    byte[] payload =
        channel.serde() == topic.serde()
            ? stored
            : channel
                .serde()
                .serialize(message.payload(), new SerdeContext(tenant.name(), topic.name()));
    if (payload.length > channel.payloadLimit()) {
      throw new InvalidValueException(
          "payload size in bytes for channel " + channel.name(),
          payload.length,
          "must be at most " + channel.payloadLimit());
    }
    OutgoingMessage live = OutgoingMessage.of(null, message, payload, channel.serde().isJson());
    int bytes = OVERHEAD + live.json().length;
    for (byte[] field : fields) {
      bytes += field.length;
    }
    return new Outgoing(
        tenant,
        keys.stream(tenant, topic.name()).stream(),
        keys.channel(tenant, channel.name()),
        channel,
        fields,
        live,
        bytes,
        new CompletableFuture<>());
  }
}
