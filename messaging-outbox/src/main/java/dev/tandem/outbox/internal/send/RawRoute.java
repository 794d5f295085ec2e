package dev.tandem.outbox.internal.send;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.serde.Serde;
import dev.tandem.api.serde.SerdeContext;
import dev.tandem.hybrid.FixedRoute;
import dev.tandem.hybrid.Route;
import dev.tandem.outbox.internal.store.StoredPayload;
import dev.tandem.pubsub.Channel;
import dev.tandem.streams.StreamTopic;
import org.jspecify.annotations.Nullable;

/** A route for payloads that were turned into bytes before. */
final class RawRoute {
  private RawRoute() {}

  /** The route that goes to the same places. */
  static <T> FixedRoute<StoredPayload> of(FixedRoute<T> route) {
    boolean shared = StoredPayload.sharesSerde(route);
    int count = shared ? 0 : route.channels().size();
    StreamTopic<T> topic = route.topic();
    Serde<StoredPayload> main =
        new StoredSerde(
            -1,
            count,
            topic == null ? route.channels().get(0).serde().isJson() : topic.serde().isJson());
    FixedRoute<StoredPayload> raw = topic == null ? null : Route.toStream(raw(topic, main));
    for (int i = 0; i < route.channels().size(); i++) {
      Channel<T> channel = route.channels().get(i);
      Channel<StoredPayload> its =
          raw(channel, shared ? main : new StoredSerde(i, count, channel.serde().isJson()));
      raw = raw == null ? Route.toChannel(its) : raw.andChannel(its);
    }
    if (raw == null) {
      throw new InvalidValueException("route", route, "must lead somewhere");
    }
    return raw;
  }

  private static StreamTopic<StoredPayload> raw(StreamTopic<?> topic, Serde<StoredPayload> serde) {
    StreamTopic<StoredPayload> raw =
        StreamTopic.of(topic.name(), serde).payloadLimit(topic.payloadLimit());
    return topic.bound() == 0 ? raw : raw.boundedTo(topic.bound());
  }

  private static Channel<StoredPayload> raw(Channel<?> channel, Serde<StoredPayload> serde) {
    Channel<StoredPayload> raw =
        Channel.of(channel.name(), serde).payloadLimit(channel.payloadLimit());
    return channel.isRecoverable()
        ? raw.recoverable(channel.retention(), channel.maxMessages())
        : raw.fleeting();
  }

  /**
   * Gives what another serde wrote.
   *
   * @param channel for which one; negative for the main payload
   * @param channels how many channels have payloads of their own
   */
  private record StoredSerde(int channel, int channels, boolean isJson)
      implements Serde<StoredPayload> {
    @Override
    public byte[] serialize(StoredPayload payload, SerdeContext context) {
      if (payload.ofChannels().size() != channels) {
        throw new InvalidValueException(
            "channels with serdes of their own when the message was saved",
            payload.ofChannels().size(),
            "the route has " + channels + " now");
      }
      return channel < 0 ? payload.main() : payload.ofChannels().get(channel);
    }

    @Override
    public StoredPayload deserialize(byte[] bytes, @Nullable SerdeContext context) {
      throw new UnsupportedOperationException("nothing is read here");
    }
  }
}
