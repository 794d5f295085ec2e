package dev.tandem.outbox.internal.store;

import dev.tandem.api.Message;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.SerdeException;
import dev.tandem.api.serde.Serde;
import dev.tandem.api.serde.SerdeContext;
import dev.tandem.hybrid.FixedRoute;
import dev.tandem.pubsub.Channel;
import dev.tandem.streams.StreamTopic;
import dev.tandem.tenant.Tenant;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A payload as the serdes of its route wrote it.
 *
 * <p>Thread safety: immutable; the bytes are shared, not to be changed.
 *
 * @param main for the stream, or the first channel if there is none
 * @param ofChannels for each channel; empty if all places have the same serde
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
public record StoredPayload(byte[] main, List<byte[]> ofChannels) {
  /**
   * Encodes a payload for all places of a route.
   *
   * @throws SerdeException if a serde refuses it
   * @throws InvalidValueException if it is larger than a place allows
   */
  public static <T> StoredPayload of(Tenant tenant, Message<T> message, FixedRoute<T> route) {
    StreamTopic<T> topic = route.topic();
    String first = topic == null ? route.channels().get(0).name() : topic.name();
    SerdeContext context = new SerdeContext(tenant.name(), first);
    Serde<T> serde = mainSerde(route);
    byte[] main = written(serde, message.payload(), context);
    if (topic != null) {
      check("topic " + topic.name(), main, topic.payloadLimit());
    }
    boolean shared = sharesSerde(route);
    List<byte[]> ofChannels = new ArrayList<>();
    for (Channel<T> channel : route.channels()) {
      byte[] its =
          channel.serde() == serde ? main : written(channel.serde(), message.payload(), context);
      check("channel " + channel.name(), its, channel.payloadLimit());
      if (!shared) {
        ofChannels.add(its);
      }
    }
    return new StoredPayload(main, ofChannels);
  }

  private static <T> Serde<T> mainSerde(FixedRoute<T> route) {
    StreamTopic<T> topic = route.topic();
    return topic == null ? route.channels().get(0).serde() : topic.serde();
  }

  /** Whether all places of a route have the same serde. */
  public static <T> boolean sharesSerde(FixedRoute<T> route) {
    Serde<T> main = mainSerde(route);
    return route.channels().stream().allMatch(channel -> channel.serde() == main);
  }

  private static <T> byte[] written(Serde<T> serde, T payload, SerdeContext context) {
    byte[] bytes;
    try {
      bytes = serde.serialize(payload, context);
    } catch (SerdeException e) {
      throw e;
    } catch (RuntimeException | StackOverflowError e) {
      throw new SerdeException("the serde of " + context.destination() + " failed to write", e);
    }
    if (isNull(bytes)) {
      throw new SerdeException("the serde of " + context.destination() + " wrote nothing", null);
    }
    return bytes;
  }

  // A serde must not give null; one that does must not become a message without payload.
  private static boolean isNull(@Nullable Object value) {
    return value == null;
  }

  private static void check(String place, byte[] payload, int limit) {
    if (payload.length > limit) {
      throw new InvalidValueException(
          "payload size in bytes for " + place, payload.length, "must be at most " + limit);
    }
  }

  /** How large it is. */
  public long bytes() {
    long bytes = main.length;
    for (byte[] one : ofChannels) {
      bytes += one.length;
    }
    return bytes;
  }

  /** The channels' as one value, each with its length before it; null if there are none. */
  public byte @Nullable [] channelsPacked() {
    if (ofChannels.isEmpty()) {
      return null;
    }
    ByteBuffer packed =
        ByteBuffer.allocate(
            ofChannels.stream().mapToInt(one -> Math.addExact(Integer.BYTES, one.length)).sum());
    ofChannels.forEach(one -> packed.putInt(one.length).put(one));
    return packed.array();
  }

  /**
   * Reads both values.
   *
   * @throws SerdeException if the second one was not written here
   */
  public static StoredPayload read(byte[] main, byte @Nullable [] packed) {
    List<byte[]> ofChannels = new ArrayList<>();
    if (packed != null) {
      ByteBuffer rest = ByteBuffer.wrap(packed);
      while (rest.hasRemaining()) {
        int length = rest.remaining() < Integer.BYTES ? -1 : rest.getInt();
        if (length < 0 || length > rest.remaining()) {
          throw new SerdeException("the payloads of the channels are damaged", null);
        }
        byte[] one = new byte[length];
        rest.get(one);
        ofChannels.add(one);
      }
    }
    return new StoredPayload(main, ofChannels);
  }
}
