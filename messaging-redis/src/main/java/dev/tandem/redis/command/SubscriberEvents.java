package dev.tandem.redis.command;

import dev.tandem.api.error.ServerErrorException;
import java.util.Collection;

/** What arrives on a {@link SubscriberLink}; called on the thread that runs it, in order. */
public interface SubscriberEvents {
  /** A message arrived on a subscribed channel. */
  void onMessage(byte[] channel, byte[] payload);

  /** A message arrived on a channel that a subscribed pattern matches. */
  default void onPatternMessage(byte[] pattern, byte[] channel, byte[] payload) {}

  /** The server confirmed a channel or pattern. */
  default void onSubscribed(byte[] channelOrPattern) {}

  /** The server confirmed that a channel or pattern is given up. */
  default void onUnsubscribed(byte[] channelOrPattern) {}

  /**
   * The server refused what one call had asked for, all of it: the user may not read at least one
   * of these. What was asked for before and after is not affected.
   *
   * <p>By default throws the error, which ends the connection.
   */
  default void onRefused(Collection<RedisKey> channelsOrPatterns, ServerErrorException error) {
    throw error;
  }
}
