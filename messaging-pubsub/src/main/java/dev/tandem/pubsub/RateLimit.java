package dev.tandem.pubsub;

import dev.tandem.api.internal.Require;
import java.time.Duration;

/**
 * How many messages one bus publishes to a channel: so many in each period, counted for each tenant
 * and channel, in this process alone. Unused ones are not saved up.
 *
 * <p>Thread safety: immutable.
 *
 * @param messages how many, 1 to 1,000,000
 * @param per in which time, 1 millisecond to 1 hour
 * @param maxWait how long a caller waits for its turn, zero to 1 minute; whose turn does not come
 *     within it is refused at once, and so is one that is interrupted while it waits
 */
public record RateLimit(int messages, Duration per, Duration maxWait) {
  /** Refuses values out of range. */
  public RateLimit {
    Require.inRange("messages of the rate limit", messages, 1, 1_000_000);
    Require.inRange("period of the rate limit", per, Duration.ofMillis(1), Duration.ofHours(1));
    Require.inRange("wait for the rate limit", maxWait, Duration.ZERO, Duration.ofMinutes(1));
  }

  /** So many in each period, refusing more at once. */
  public static RateLimit of(int messages, Duration per) {
    return new RateLimit(messages, per, Duration.ZERO);
  }

  /** This limit, with callers waiting for their turn if it comes within this time. */
  public RateLimit waitUpTo(Duration longest) {
    return new RateLimit(messages, per, longest);
  }

  @Override
  public String toString() {
    String wait = maxWait.isZero() ? "" : ", waiting up to " + maxWait;
    return messages + " messages in " + per + wait;
  }
}
