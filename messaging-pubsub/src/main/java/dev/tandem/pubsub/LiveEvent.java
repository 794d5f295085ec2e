package dev.tandem.pubsub;

import dev.tandem.api.Gap;
import dev.tandem.api.internal.Require;

/**
 * What a {@link LiveReader} or a {@code Flow.Publisher} gives: a message, or that messages were
 * missed.
 *
 * <p>Thread safety: immutable, as far as the message is.
 *
 * @param <T> the payload's type
 */
public sealed interface LiveEvent<T> {
  /**
   * A message, in the channel's order.
   *
   * @param message the message
   */
  record OfMessage<T>(LiveMessage<T> message) implements LiveEvent<T> {
    /** Refuses null. */
    public OfMessage {
      Require.notNull("message", message);
    }
  }

  /**
   * Messages were missed and will not come; what follows is contiguous from {@link Gap#resumesAt()}
   * on. Never given on a fleeting channel.
   *
   * @param gap what is missing, and why
   */
  record OfGap<T>(Gap gap) implements LiveEvent<T> {
    /** Refuses null. */
    public OfGap {
      Require.notNull("gap", gap);
    }
  }
}
