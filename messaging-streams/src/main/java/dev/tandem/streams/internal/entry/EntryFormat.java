package dev.tandem.streams.internal.entry;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.Headers;
import dev.tandem.api.Message;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.SerdeException;
import dev.tandem.api.serde.SerdeContext;
import dev.tandem.redis.command.Argument;
import dev.tandem.streams.StreamTopic;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How a message becomes the fields of a stream entry and back.
 *
 * <p>Always {@value #TYPE}, {@value #KEY}, {@value #HEADERS}, {@value #DATA}, in this order, since
 * Redis stores field names once as long as they stay the same. No key and no headers are empty
 * values; headers are a JSON object of texts; data are the bytes of the serde. A message that
 * expires has {@value #TTL} next, milliseconds as decimal text. One that was published to channels
 * at the same time has {@value #POSITIONS} last.
 *
 * <p>Readers are lenient with what other programs wrote by plain {@code XADD}: order does not
 * matter, unknown fields are passed over, of repeated fields the first counts, a missing type is
 * the empty one, a missing key or missing headers are none, numbers and truth values among the
 * headers are read as text, a time to live that {@link Message#expiresAfter} would refuse is none.
 * Not readable are: an entry without data, headers that are not one flat JSON object, and data that
 * the serde refuses.
 *
 * <p>Thread safety: has no state.
 */
public final class EntryFormat {
  /** The field that says what happened. */
  public static final String TYPE = "type";

  /** The field that order goes by. */
  public static final String KEY = "key";

  /** The field of the headers. */
  public static final String HEADERS = "headers";

  /** The field of the payload. */
  public static final String DATA = "data";

  /** The field of the time to live, of messages that expire. */
  public static final String TTL = "ttl";

  /** Where the payload stands among the {@linkplain #encode encoded} fields. */
  public static final int DATA_VALUE = 7;

  /**
   * The field of the positions on live channels, of messages that were published to some too:
   * {@code channel:epoch:version:nonce} for each recoverable one, with spaces between them.
   */
  public static final String POSITIONS = "positions";

  /** The names of the {@linkplain #encode encoded} fields, in their order. */
  public static final List<Argument> NAMES =
      Stream.of(TYPE, KEY, HEADERS, DATA, TTL).map(Argument::of).toList();

  private static final byte[] TYPE_BYTES = TYPE.getBytes(UTF_8);
  private static final byte[] KEY_BYTES = KEY.getBytes(UTF_8);
  private static final byte[] HEADERS_BYTES = HEADERS.getBytes(UTF_8);
  private static final byte[] DATA_BYTES = DATA.getBytes(UTF_8);
  private static final byte[] TTL_BYTES = TTL.getBytes(UTF_8);
  private static final long MOST_TTL_MILLIS = Message.MOST_TIME_TO_LIVE.toMillis();
  private static final byte[] EMPTY = {};

  /** About what an entry needs beside its fields, for the limits in bytes. */
  private static final int OVERHEAD = 64;

  private EntryFormat() {}

  /** About how large an entry of these fields is. */
  public static int size(List<byte[]> fields) {
    int sum = OVERHEAD;
    for (byte[] field : fields) {
      sum += field.length;
    }
    return sum;
  }

  /**
   * The entry's fields, names and values in turn: eight arrays, ten if the message expires, not to
   * be changed.
   *
   * @throws SerdeException if the serde refuses the payload
   * @throws InvalidValueException if the payload is larger than the topic allows
   */
  public static <T> List<byte[]> encode(Tenant tenant, StreamTopic<T> topic, Message<T> message) {
    byte[] data = serialize(tenant, topic, message.payload());
    if (data.length > topic.payloadLimit()) {
      throw new InvalidValueException(
          "payload size in bytes for topic " + topic.name(),
          data.length,
          "must be at most " + topic.payloadLimit());
    }
    byte[] type = message.type().getBytes(UTF_8);
    String text = message.key();
    byte[] key = text == null ? EMPTY : text.getBytes(UTF_8);
    byte[] headers = HeaderFormat.write(message.headers());
    Duration ttl = message.timeToLive();
    return ttl == null
        ? List.of(TYPE_BYTES, type, KEY_BYTES, key, HEADERS_BYTES, headers, DATA_BYTES, data)
        : List.of(
            TYPE_BYTES,
            type,
            KEY_BYTES,
            key,
            HEADERS_BYTES,
            headers,
            DATA_BYTES,
            data,
            TTL_BYTES,
            Long.toString(ttl.toMillis()).getBytes(UTF_8));
  }

  /**
   * How many milliseconds after it was appended an entry expires, or 0 if it does not, or has no
   * readable time to live. Never throws.
   */
  public static long ttlMillis(RawEntry entry) {
    byte[] value = entry.value(TTL_BYTES);
    if (value == null) {
      return 0;
    }
    long millis = 0;
    for (byte digit : value) {
      if (digit < '0' || digit > '9') {
        return 0;
      }
      millis = 10 * millis + digit - '0';
      if (millis > MOST_TTL_MILLIS) {
        return 0;
      }
    }
    return millis;
  }

  /**
   * The message in an entry.
   *
   * @throws SerdeException if it is not readable
   */
  public static <T> Message<T> decode(Tenant tenant, StreamTopic<T> topic, RawEntry entry) {
    byte[] data = entry.value(DATA_BYTES);
    if (data == null) {
      throw new SerdeException("entry has no field '" + DATA + "'", null);
    }
    String key = text(entry.value(KEY_BYTES));
    Message<T> message =
        Message.received(
            text(entry.value(TYPE_BYTES)),
            deserialize(tenant, topic, data),
            key.isEmpty() ? null : key,
            HeaderFormat.read(entry.value(HEADERS_BYTES)));
    long ttl = ttlMillis(entry);
    return ttl == 0 ? message : message.expiresAfter(Duration.ofMillis(ttl));
  }

  /**
   * The headers of the message in an entry.
   *
   * @throws SerdeException if they are not readable
   */
  public static Headers headers(RawEntry entry) {
    return HeaderFormat.read(entry.value(HEADERS_BYTES));
  }

  /** The key of the message in an entry, readable or not, or null if it has none. */
  public static @Nullable String key(RawEntry entry) {
    String key = text(entry.value(KEY_BYTES));
    return key.isEmpty() ? null : key;
  }

  private static <T> byte[] serialize(Tenant tenant, StreamTopic<T> topic, T payload) {
    byte[] data;
    try {
      data = topic.serde().serialize(payload, new SerdeContext(tenant.name(), topic.name()));
    } catch (SerdeException e) {
      throw e;
    } catch (RuntimeException | StackOverflowError e) {
      throw new SerdeException("the serde of topic " + topic.name() + " failed to write", e);
    }
    if (isNull(data)) {
      throw new SerdeException("the serde of topic " + topic.name() + " wrote nothing", null);
    }
    return data;
  }

  private static <T> T deserialize(Tenant tenant, StreamTopic<T> topic, byte[] data) {
    T payload;
    try {
      payload = topic.serde().deserialize(data, new SerdeContext(tenant.name(), topic.name()));
    } catch (SerdeException e) {
      throw e;
    } catch (RuntimeException | StackOverflowError e) {
      throw new SerdeException("the serde of topic " + topic.name() + " failed to read", e);
    }
    if (isNull(payload)) {
      throw new SerdeException("the serde of topic " + topic.name() + " read nothing", null);
    }
    return payload;
  }

  // A serde must not give null; one that does must not become a message without payload.
  private static boolean isNull(@Nullable Object value) {
    return value == null;
  }

  private static String text(byte @Nullable [] value) {
    return value == null ? "" : new String(value, UTF_8);
  }
}
