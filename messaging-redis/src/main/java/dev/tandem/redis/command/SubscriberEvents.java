package dev.tandem.redis.command;

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
}
