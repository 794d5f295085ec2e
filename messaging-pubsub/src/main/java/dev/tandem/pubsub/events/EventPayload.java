package dev.tandem.pubsub.events;

import dev.tandem.api.serde.Serde;
import dev.tandem.api.serde.SerdeContext;
import java.util.IdentityHashMap;

/** The payload of one event, decoded once for all handlers that read it alike. */
final class EventPayload {
  private final byte[] json;
  private final SerdeContext context;
  private final IdentityHashMap<Serde<?>, Object> decoded = new IdentityHashMap<>(2);

  EventPayload(byte[] json, SerdeContext context) {
    this.json = json;
    this.context = context;
  }

  @SuppressWarnings("unchecked") // what a serde is the key of, it has decoded
  <T> T as(Serde<T> serde) {
    Object known = decoded.get(serde);
    if (known == null) {
      known = serde.deserialize(json.clone(), context);
      decoded.put(serde, known);
    }
    return (T) known;
  }
}
