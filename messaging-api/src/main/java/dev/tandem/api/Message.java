package dev.tandem.api;

import dev.tandem.api.internal.Require;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a caller publishes: a type, a payload, and optionally a key, headers and a time to live.
 *
 * <p>The <b>type</b> names what happened ({@code order.placed}) and is what subscribers filter by;
 * 1 to {@value #MAX_TYPE} characters, none of them a control. The <b>key</b> is what order and
 * conflation go by: messages with the same key stay in order where the consumer asks for that; 1 to
 * {@value #MAX_KEY} characters, likewise. Both are shown in logs and travel in clear. The payload
 * is opaque to Tandem; it must not change after publishing.
 *
 * <p>Thread safety: immutable, as far as the payload is.
 *
 * @param <T> the payload's type
 */
public final class Message<T> {
  /** The longest type, in characters. */
  public static final int MAX_TYPE = 256;

  /** The longest key, in characters. */
  public static final int MAX_KEY = 1_024;

  /** The shortest time to live: a millisecond. */
  public static final Duration LEAST_TIME_TO_LIVE = Duration.ofMillis(1);

  /** The longest time to live: 365 days. */
  public static final Duration MOST_TIME_TO_LIVE = Duration.ofDays(365);

  private final String type;
  private final T payload;
  private final @Nullable String key;
  private final Headers headers;
  private final @Nullable Duration timeToLive;

  private Message(
      String type,
      T payload,
      @Nullable String key,
      Headers headers,
      @Nullable Duration timeToLive) {
    this.type = type;
    this.payload = payload;
    this.key = key;
    this.headers = headers;
    this.timeToLive = timeToLive;
  }

  /**
   * A message without key and headers.
   *
   * @throws dev.tandem.api.error.InvalidValueException if the type breaks its rule or the payload
   *     is null
   */
  public static <T> Message<T> of(String type, T payload) {
    return new Message<>(
        Require.text("message type", type, 1, MAX_TYPE),
        Require.notNull("payload", payload),
        null,
        Headers.none(),
        null);
  }

  /**
   * A message as it was received. Nothing but a missing payload is refused: what another program
   * wrote must stay readable.
   *
   * @param type what happened; empty if the writer gave none
   */
  public static <T> Message<T> received(
      String type, T payload, @Nullable String key, Headers headers) {
    return new Message<>(
        Require.notNull("message type", type),
        Require.notNull("payload", payload),
        key,
        Require.notNull("headers", headers),
        null);
  }

  /**
   * This message with a key.
   *
   * @throws dev.tandem.api.error.InvalidValueException if it breaks its rule
   */
  public Message<T> key(String key) {
    return new Message<>(
        type, payload, Require.text("message key", key, 1, MAX_KEY), headers, timeToLive);
  }

  /**
   * This message with one more header, or with its value replaced.
   *
   * @throws dev.tandem.api.error.InvalidValueException if it breaks a rule of {@link Headers}
   */
  public Message<T> header(String name, String value) {
    return new Message<>(type, payload, key, headers.with(name, value), timeToLive);
  }

  /**
   * This message with these headers instead of its own. Those that are {@link Headers#RESERVED} are
   * left out, so that the headers of a message that was received may be passed on.
   */
  public Message<T> headers(Headers headers) {
    return new Message<>(
        type, payload, key, Require.notNull("headers", headers).withoutReserved(), timeToLive);
  }

  /**
   * This message with a time after which nobody is to handle it any more, {@link
   * #LEAST_TIME_TO_LIVE} to {@link #MOST_TIME_TO_LIVE}, counted in whole milliseconds by the
   * server's clock from the moment the message is stored or published.
   *
   * <p>A worker that meets an expired message does not hand it to its handler: the message goes to
   * its group's dead letters, with the reason {@code EXPIRED}. A handler that has begun in time is
   * not stopped. The entry stays in the stream until it is trimmed.
   *
   * <p>A subscriber of a live channel does not get a message that is expired when its turn comes;
   * the message counts as seen, so nothing is told to be missing. It stays in the channel's buffer
   * until it is trimmed.
   *
   * @throws dev.tandem.api.error.InvalidValueException if it is out of range
   */
  public Message<T> expiresAfter(Duration timeToLive) {
    Duration given =
        Require.inRange("time to live", timeToLive, LEAST_TIME_TO_LIVE, MOST_TIME_TO_LIVE);
    return new Message<>(type, payload, key, headers, Duration.ofMillis(given.toMillis()));
  }

  /** What happened. */
  public String type() {
    return type;
  }

  /** The payload as the caller gave it. */
  public T payload() {
    return payload;
  }

  /** What order and conflation go by, or null. */
  public @Nullable String key() {
    return key;
  }

  /** The headers; never null. */
  public Headers headers() {
    return headers;
  }

  /** How long after it was appended it expires, or null if it does not. */
  public @Nullable Duration timeToLive() {
    return timeToLive;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Message<?> message
        && type.equals(message.type)
        && payload.equals(message.payload)
        && Objects.equals(key, message.key)
        && headers.equals(message.headers)
        && Objects.equals(timeToLive, message.timeToLive);
  }

  @Override
  public int hashCode() {
    return Objects.hash(type, payload, key, headers, timeToLive);
  }

  /** Everything but the payload, which may be secret or large. */
  @Override
  public String toString() {
    String expiry = timeToLive == null ? "" : ", expires after " + timeToLive;
    return "Message[type=" + type + ", key=" + key + ", " + headers + expiry + "]";
  }
}
