package dev.tandem.hybrid.internal.send;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.serde.Serde;
import dev.tandem.api.serde.SerdeContext;
import dev.tandem.hybrid.FixedRoute;
import dev.tandem.hybrid.internal.wire.Destination;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.internal.frame.OutgoingMessage;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A message as it stands in the frame of each channel of its route; encoded once for those in a row
 * of the same serde.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
public final class LiveMessages<T> {
  private final @Nullable MessageId id;
  private final Message<T> message;
  private @Nullable Serde<T> lastSerde;
  private byte @Nullable [] lastPayload;
  private @Nullable OutgoingMessage last;
  private int largestPayload;
  private final List<Destination.Live> channels = new ArrayList<>(1);
  private final List<OutgoingMessage> messages = new ArrayList<>(1);

  /**
   * Of no channel yet.
   *
   * @param id the message's, or null if the frame will bear the ids
   * @param serde one that has written the payload already, or null
   * @param payload what it has written
   */
  public LiveMessages(
      @Nullable MessageId id,
      Message<T> message,
      @Nullable Serde<T> serde,
      byte @Nullable [] payload) {
    this.id = id;
    this.message = message;
    this.lastSerde = serde;
    this.lastPayload = payload;
    this.largestPayload = payload == null ? 0 : payload.length;
  }

  /** Encodes for all channels of the route; refuses what one does not allow. */
  public void addAll(FixedRoute<T> route, SerdeContext context) {
    for (Channel<T> channel : route.channels()) {
      byte[] payload = payload(channel.serde(), context);
      if (payload.length > channel.payloadLimit()) {
        throw new InvalidValueException(
            "payload size in bytes for channel " + channel.name(),
            payload.length,
            "must be at most " + channel.payloadLimit());
      }
      largestPayload = Math.max(largestPayload, payload.length);
      messages.add(encoded(channel.serde(), payload));
      channels.add(
          new Destination.Live(
              channel.name(), channel.retention().toMillis(), channel.maxMessages()));
    }
  }

  /** The channels, in the order of the route. */
  public List<Destination.Live> channels() {
    return channels;
  }

  /** The message for each of them. */
  public List<OutgoingMessage> messages() {
    return messages;
  }

  /** The bytes of the largest payload, that which was written already among them. */
  public int largestPayload() {
    return largestPayload;
  }

  private byte[] payload(Serde<T> serde, SerdeContext context) {
    byte[] known = lastPayload;
    if (known != null && serde == lastSerde) {
      return known;
    }
    byte[] payload = serde.serialize(message.payload(), context);
    lastSerde = serde;
    lastPayload = payload;
    last = null;
    return payload;
  }

  private OutgoingMessage encoded(Serde<T> serde, byte[] payload) {
    OutgoingMessage known = last;
    if (known == null) {
      known = OutgoingMessage.of(id == null ? null : id.value(), message, payload, serde.isJson());
      last = known;
    }
    return known;
  }
}
