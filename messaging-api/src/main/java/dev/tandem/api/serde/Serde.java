package dev.tandem.api.serde;

import dev.tandem.api.serde.internal.BytesSerde;
import dev.tandem.api.serde.internal.CompressingSerde;
import dev.tandem.api.serde.internal.EncryptingSerde;
import dev.tandem.api.serde.internal.JsonSerde;
import dev.tandem.api.serde.internal.StringSerde;
import java.security.SecureRandom;

/**
 * Turns payloads of one type into bytes and back.
 *
 * <p>A serde is bound to one type when it is made; nothing in the bytes ever chooses a class. It
 * must give back an equal payload for the bytes it made, and throw {@link
 * dev.tandem.api.error.SerdeException} for bytes it cannot read, whatever they are.
 *
 * <p>Serdes are wrapped from the inside out, and the order matters: compress, then encrypt.
 *
 * <pre>{@code
 * Serde<Order> orders = Serde.json(Order.class).zstd().encrypted(keyring);
 * }</pre>
 *
 * <p>Every reader and writer of a destination needs the same wrapping: wrapped and plain bytes are
 * not told apart.
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
   * Turns bytes into a payload. The array is handed over: neither side changes it afterwards.
   *
   * @throws dev.tandem.api.error.SerdeException if the bytes cannot be read
   */
  T deserialize(byte[] bytes, SerdeContext context);

  /**
   * Whether the bytes are always one JSON value in UTF-8. Live channels then carry it as it is, for
   * any language to read; other bytes travel as Base64. False for everything compressed or
   * encrypted.
   */
  default boolean isJson() {
    return false;
  }

  /**
   * This serde with its bytes compressed as {@code compression} says. Any compressing serde reads
   * what any other has written, so a destination may change from one algorithm to the other while
   * older messages are still in it.
   *
   * <p>Bytes larger than {@link Compression#maxSize()} are refused in both directions, and never
   * decompressed further than that.
   *
   * @throws dev.tandem.api.error.InvalidValueException if this serde encrypts (encrypted bytes do
   *     not get smaller), or the algorithm's library is not on the class path
   */
  default Serde<T> compressed(Compression compression) {
    return CompressingSerde.of(this, compression);
  }

  /** This serde, compressed by {@link Compression#gzip()}. */
  default Serde<T> gzip() {
    return compressed(Compression.gzip());
  }

  /**
   * This serde, compressed by {@link Compression#zstd()}; needs {@code com.github.luben:zstd-jni}
   * on the class path.
   *
   * @throws dev.tandem.api.error.InvalidValueException if that library is missing
   */
  default Serde<T> zstd() {
    return compressed(Compression.zstd());
  }

  /** {@link #encrypted(Keyring, SecureRandom)} with a random source of its own. */
  default Serde<T> encrypted(Keyring keyring) {
    return encrypted(keyring, new SecureRandom());
  }

  /**
   * This serde with its bytes encrypted and authenticated: AES-256 in GCM, a 96-bit random nonce
   * for each message, the tenant's current key.
   *
   * <p>What guards what: the bytes open only with the key named in their header and only for the
   * tenant they were made for; a change to any bit, a cut or an addition is noticed. The
   * destination is <b>not</b> authenticated, because the same bytes may go to a stream and to a
   * channel: who can write to Redis can copy a message to another destination of the same tenant,
   * or repeat it. Message type, key and headers are outside the payload and stay readable. The
   * payload's length shows, and compressing before encrypting lets it tell something about the
   * content: leave compression out where outsiders choose part of a payload that also holds
   * secrets.
   *
   * <p>Because nonces are random, one key must not encrypt more than 2<sup>32</sup> messages (NIST
   * SP 800-38D, 8.3): at 1,000 a second that is 49 days. Rotate before; nothing here counts.
   *
   * <p>The form: {@code 54 45} ("TE"), version {@code 01}, the length of the key's id and the id in
   * ASCII, 12 bytes of nonce, then the ciphertext with its 16-byte tag. Authenticated beside it:
   * all bytes before the ciphertext, followed by the tenant's name in UTF-8.
   *
   * @param keyring where keys come from; what it throws as a {@link
   *     dev.tandem.api.error.MessagingException} passes through, anything else becomes a {@link
   *     dev.tandem.api.error.SerdeException}
   * @param random where nonces come from; must be unpredictable and never repeat, also after a fork
   *     or a restored snapshot of the machine
   */
  default Serde<T> encrypted(Keyring keyring, SecureRandom random) {
    return EncryptingSerde.of(this, keyring, random);
  }

  /**
   * JSON in UTF-8 for a class or record, by Jackson. Unknown properties are ignored and missing
   * ones are null or zero, so that both sides can change at their own pace; null for a primitive,
   * and anything after the value, are refused.
   *
   * <p>Hostile input meets Jackson's limits: 500 levels of nesting, numbers of 1,000 characters.
   * Class names in the input mean nothing, and a type whose own annotations let them choose a class
   * is refused; subtypes that the annotations list by name work.
   */
  static <T> Serde<T> json(Class<T> type) {
    return JsonSerde.of(type);
  }

  /**
   * The same for a generic type.
   *
   * <pre>{@code
   * Serde<List<Order>> orders = Serde.json(new JsonType<List<Order>>() {});
   * }</pre>
   */
  static <T> Serde<T> json(JsonType<T> type) {
    return JsonSerde.of(type);
  }

  /** Text in UTF-8; text with half a surrogate pair, and bytes that are not UTF-8, are refused. */
  static Serde<String> string() {
    return StringSerde.INSTANCE;
  }

  /** Bytes as they are, without copying. */
  static Serde<byte[]> bytes() {
    return BytesSerde.INSTANCE;
  }
}
