package dev.tandem.pubsub;

import dev.tandem.api.internal.Require;
import dev.tandem.api.serde.Serde;
import dev.tandem.tenant.Names;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What is published under one name to whoever listens at the moment, and how far back a subscriber
 * that was away can recover.
 *
 * <p><b>Recoverable</b> (the default: {@link #DEFAULT_RETENTION} and {@value #DEFAULT_MAX_MESSAGES}
 * messages): messages are kept in Redis for a while. Within that retention each subscriber sees
 * every message once and in order, or gets an explicit {@link dev.tandem.api.Gap}; never a silent
 * hole, also not across reconnects, slow listeners, restarts and failovers. What is older than the
 * retention, <i>or</i> beyond the number of messages, may be dropped; somewhat more than promised
 * may be kept.
 *
 * <p><b>Fleeting</b>: at most once. Nothing is stored; whoever is not connected, or too slow, does
 * not get the message and is not told.
 *
 * <p>All programs that publish to a channel should describe it alike: each publish trims by what
 * its own description says. Of a program that publishes to it as fleeting, those who subscribe to
 * it as recoverable get nothing: it is not in the log, so it is ignored, and counted in {@link
 * BusStats#ignored()}. To make a fleeting channel recoverable change its publishers first; the
 * other way round its subscribers. What identifies the channel's log outlives its last use by the
 * retention and a week; who returns later is told of a gap.
 *
 * <p>Thread safety: immutable, as far as the serde is.
 *
 * @param <T> the payload's type
 */
public final class Channel<T> {
  /** How long messages stay recoverable unless said otherwise: 5 minutes. */
  public static final Duration DEFAULT_RETENTION = Duration.ofMinutes(5);

  /** How many messages stay recoverable unless said otherwise: {@value}. */
  public static final int DEFAULT_MAX_MESSAGES = 1_000;

  /** The largest payload in bytes unless said otherwise: 1 MiB. */
  public static final int DEFAULT_PAYLOAD_LIMIT = 1 << 20;

  private final String name;
  private final Serde<T> serde;
  private final Duration retention;
  private final int maxMessages;
  private final int payloadLimit;
  private final @Nullable RateLimit rateLimit;

  private Channel(
      String name,
      Serde<T> serde,
      Duration retention,
      int maxMessages,
      int payloadLimit,
      @Nullable RateLimit rateLimit) {
    this.name = name;
    this.serde = serde;
    this.retention = retention;
    this.maxMessages = maxMessages;
    this.payloadLimit = payloadLimit;
    this.rateLimit = rateLimit;
  }

  /**
   * A recoverable channel with the default retention.
   *
   * @param name within the tenant, by the rule of {@link Names}
   * @throws dev.tandem.api.error.InvalidValueException if the name breaks the rule
   */
  public static <T> Channel<T> of(String name, Serde<T> serde) {
    return new Channel<>(
        Names.check("channel", name),
        Require.notNull("serde", serde),
        DEFAULT_RETENTION,
        DEFAULT_MAX_MESSAGES,
        DEFAULT_PAYLOAD_LIMIT,
        null);
  }

  /**
   * This channel, recoverable within these bounds.
   *
   * @param retention how long a message can be recovered, 1 second to 30 days
   * @param maxMessages how many messages can be recovered, 1 to 1,000,000
   */
  public Channel<T> recoverable(Duration retention, int maxMessages) {
    return new Channel<>(
        name,
        serde,
        Require.inRange("retention", retention, Duration.ofSeconds(1), Duration.ofDays(30)),
        Require.inRange("maxMessages", maxMessages, 1, 1_000_000),
        payloadLimit,
        rateLimit);
  }

  /** This channel, with nothing stored. */
  public Channel<T> fleeting() {
    return new Channel<>(name, serde, Duration.ZERO, 0, payloadLimit, rateLimit);
  }

  /** This channel, refusing payloads of more bytes than this (1 byte to 64 MiB). */
  public Channel<T> payloadLimit(int bytes) {
    return new Channel<>(
        name,
        serde,
        retention,
        maxMessages,
        Require.inRange("payloadLimit", bytes, 1, 64 << 20),
        rateLimit);
  }

  /**
   * This channel, with so much published to it by one bus and tenant; for each name, if {@linkplain
   * #named others} are described like this one. A message beyond the limit waits or is refused with
   * {@link dev.tandem.api.error.RateLimitedException}, as the limit says; also {@link
   * LiveBus#publishAsync} waits then, except on the sending thread. A batch that is refused may
   * have used up what other channels in it allow. Descriptions with different limits count apart. A
   * bus counts for the 10,000 channels used last; one beyond begins anew.
   */
  public Channel<T> rateLimit(RateLimit limit) {
    return new Channel<>(
        name, serde, retention, maxMessages, payloadLimit, Require.notNull("rateLimit", limit));
  }

  /** A channel of another name, described like this one. */
  public Channel<T> named(String name) {
    return new Channel<>(
        Names.check("channel", name), serde, retention, maxMessages, payloadLimit, rateLimit);
  }

  /** The name within a tenant. */
  public String name() {
    return name;
  }

  /** Turns payloads into bytes and back. */
  public Serde<T> serde() {
    return serde;
  }

  /** Whether subscribers can recover what they missed. */
  public boolean isRecoverable() {
    return maxMessages > 0;
  }

  /** How long a message can be recovered; zero if fleeting. */
  public Duration retention() {
    return retention;
  }

  /** How many messages can be recovered; 0 if fleeting. */
  public int maxMessages() {
    return maxMessages;
  }

  /** The largest payload, in bytes. */
  public int payloadLimit() {
    return payloadLimit;
  }

  /** How much one bus publishes for a tenant, or null. */
  public @Nullable RateLimit rateLimit() {
    return rateLimit;
  }

  @Override
  public String toString() {
    return isRecoverable()
        ? "Channel[" + name + ", recoverable for " + retention + ", " + maxMessages + " messages]"
        : "Channel[" + name + ", fleeting]";
  }
}
