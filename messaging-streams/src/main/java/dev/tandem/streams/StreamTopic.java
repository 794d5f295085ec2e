package dev.tandem.streams;

import dev.tandem.api.internal.Require;
import dev.tandem.api.serde.Serde;
import dev.tandem.tenant.Names;

/**
 * A durable stream by name and payload type. Each tenant has its own stream of this name; streams
 * come into being with their first message or worker.
 *
 * <p>Thread safety: immutable, as far as the serde is safe for use by many threads.
 *
 * @param <T> the payload's type
 */
public final class StreamTopic<T> {
  /** The largest payload unless said otherwise: 1 MiB. */
  public static final int DEFAULT_PAYLOAD_LIMIT = 1 << 20;

  /** The largest payload that may be allowed: 256 MiB. */
  public static final int MOST_PAYLOAD_LIMIT = 256 << 20;

  /** The largest length that a stream may be bounded to: 2<sup>53</sup>. */
  public static final long MOST_BOUND = 1L << 53;

  private final String name;
  private final Serde<T> serde;
  private final int payloadLimit;
  private final Trimming trimming;
  private final long bound;

  private StreamTopic(
      String name, Serde<T> serde, int payloadLimit, Trimming trimming, long bound) {
    this.name = name;
    this.serde = serde;
    this.payloadLimit = payloadLimit;
    this.trimming = trimming;
    this.bound = bound;
  }

  /**
   * The topic of this name.
   *
   * @throws dev.tandem.api.error.InvalidValueException if the name breaks the rule of {@link Names}
   */
  public static <T> StreamTopic<T> of(String name, Serde<T> serde) {
    return new StreamTopic<>(
        Names.check("topic", name),
        Require.notNull("serde", serde),
        DEFAULT_PAYLOAD_LIMIT,
        Trimming.acknowledged(),
        0);
  }

  /**
   * This topic with another limit on the size of a payload as bytes, 1 to {@value
   * #MOST_PAYLOAD_LIMIT}; larger ones are refused when they are sent. What others wrote is read
   * whatever its size.
   */
  public StreamTopic<T> payloadLimit(int bytes) {
    int limit = Require.inRange("payloadLimit", bytes, 1, MOST_PAYLOAD_LIMIT);
    return new StreamTopic<>(name, serde, limit, trimming, bound);
  }

  /**
   * This topic with streams that hold at most so many entries, 1 to 2<sup>53</sup>: what comes
   * beyond is not appended ({@link WhenFull}). The server checks it where it appends, for all
   * processes together; it counts all entries that are in the stream, acknowledged or not, so that
   * somebody must trim it or delete from it. Producers, hybrid publishers and transactions that use
   * this topic go by it; scheduled messages, and others, plain {@code XADD} among them, may fill
   * the stream further.
   */
  public StreamTopic<T> boundedTo(long length) {
    return new StreamTopic<>(
        name, serde, payloadLimit, trimming, Require.inRange("boundedTo", length, 1, MOST_BOUND));
  }

  /**
   * This topic with another policy on what its workers remove; {@link Trimming#acknowledged()} by
   * default. Programs that share the stream should agree on it.
   */
  public StreamTopic<T> trimming(Trimming policy) {
    return new StreamTopic<>(name, serde, payloadLimit, Require.notNull("trimming", policy), bound);
  }

  /** The name within the tenant. */
  public String name() {
    return name;
  }

  /** What turns payloads into bytes and back. */
  public Serde<T> serde() {
    return serde;
  }

  /** The largest payload that may be sent, in bytes. */
  public int payloadLimit() {
    return payloadLimit;
  }

  /** When workers remove the oldest messages. */
  public Trimming trimming() {
    return trimming;
  }

  /** The most entries that its streams may hold, or 0 for any number. */
  public long bound() {
    return bound;
  }

  /** The name. */
  @Override
  public String toString() {
    return name;
  }
}
