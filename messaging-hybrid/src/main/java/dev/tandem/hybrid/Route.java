package dev.tandem.hybrid;

import dev.tandem.api.internal.Require;
import dev.tandem.pubsub.Channel;
import dev.tandem.streams.StreamTopic;

/**
 * Where a hybrid message goes: to a stream and to a channel, both of the message's tenant. Declare
 * a route once and reuse it.
 *
 * <p>Thread safety: immutable.
 *
 * @param <T> the payload's type
 */
public final class Route<T> {
  private final StreamTopic<T> topic;
  private final Channel<T> channel;

  private Route(StreamTopic<T> topic, Channel<T> channel) {
    this.topic = topic;
    this.channel = channel;
  }

  /** Begins a route with its durable half. */
  public static <T> ToStream<T> toStream(StreamTopic<T> topic) {
    return new ToStream<>(Require.notNull("topic", topic));
  }

  /** The durable half. */
  public StreamTopic<T> topic() {
    return topic;
  }

  /** The live half. */
  public Channel<T> channel() {
    return channel;
  }

  @Override
  public String toString() {
    return "Route[" + topic.name() + " and " + channel.name() + "]";
  }

  /**
   * A route that still lacks its live half.
   *
   * <p>Thread safety: immutable.
   *
   * @param <T> the payload's type
   */
  public static final class ToStream<T> {
    private final StreamTopic<T> topic;

    private ToStream(StreamTopic<T> topic) {
      this.topic = topic;
    }

    /** The route to that stream and this channel, recoverable or fleeting. */
    public Route<T> andChannel(Channel<T> channel) {
      return new Route<>(topic, Require.notNull("channel", channel));
    }
  }
}
