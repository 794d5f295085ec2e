package dev.tandem.api.serde;

import dev.tandem.api.serde.internal.BytesSerde;
import dev.tandem.api.serde.internal.JsonSerde;
import dev.tandem.api.serde.internal.StringSerde;

/**
 * Turns payloads of one type into bytes and back.
 *
 * <p>A serde is bound to one type when it is made; nothing in the bytes ever chooses a class. It
 * must give back an equal payload for the bytes it made, and throw {@link
 * dev.tandem.api.error.SerdeException} for bytes it cannot read, whatever they are.
 *
 * <p>Thread safety: implementations must be safe for use by many threads; called on the publishing
 * thread, and on the thread that delivers.
 *
 * @param <T> the payload's type
 */
public interface Serde<T> {
  /**
   * Turns a payload into bytes. The array is handed over: neither side changes it afterwards.
   *
   * @throws dev.tandem.api.error.SerdeException if the payload cannot be written
   */
  byte[] serialize(T payload, SerdeContext context);

  /**
   * Turns bytes into a payload.
   *
   * @throws dev.tandem.api.error.SerdeException if the bytes cannot be read
   */
  T deserialize(byte[] bytes, SerdeContext context);

  /**
   * Whether the bytes are always one JSON value in UTF-8. Live channels then carry it as it is, for
   * any language to read; other bytes travel as Base64.
   */
  default boolean isJson() {
    return false;
  }

  /** JSON in UTF-8 for a class or record, by Jackson; unknown properties are ignored. */
  static <T> Serde<T> json(Class<T> type) {
    return JsonSerde.of(type);
  }

  /** Text in UTF-8. */
  static Serde<String> string() {
    return StringSerde.INSTANCE;
  }

  /** Bytes as they are, without copying. */
  static Serde<byte[]> bytes() {
    return BytesSerde.INSTANCE;
  }
}
