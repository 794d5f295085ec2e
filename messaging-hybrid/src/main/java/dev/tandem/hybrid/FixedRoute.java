package dev.tandem.hybrid;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import dev.tandem.pubsub.Channel;
import dev.tandem.streams.StreamTopic;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A route that is the same for every message: at most one stream and {@value #MOST_CHANNELS}
 * channels, and at least one of them all.
 *
 * <p>Thread safety: immutable.
 *
 * @param <T> the payload's type
 */
public final class FixedRoute<T> implements Route<T> {
  /** The most channels: {@value}. */
  public static final int MOST_CHANNELS = 32;

  private final @Nullable StreamTopic<T> topic;
  private final List<Channel<T>> channels;

  FixedRoute(@Nullable StreamTopic<T> topic, List<Channel<T>> channels) {
    this.topic = topic;
    this.channels = channels;
  }

  /**
   * This route with one more channel, recoverable or fleeting.
   *
   * @throws InvalidValueException if it is on the route, or there would be too many
   */
  public FixedRoute<T> andChannel(Channel<T> channel) {
    Require.notNull("channel", channel);
    for (Channel<T> known : channels) {
      if (known.name().equals(channel.name())) {
        throw new InvalidValueException("channel", channel.name(), "must be on a route once");
      }
    }
    List<Channel<T>> all = new ArrayList<>(channels);
    all.add(channel);
    Require.inRange("channels of a route", all.size(), 1, MOST_CHANNELS);
    return new FixedRoute<>(topic, List.copyOf(all));
  }

  /** The durable half, or null if there is none. */
  public @Nullable StreamTopic<T> topic() {
    return topic;
  }

  /** The live half, in the order in which it was declared; may be empty. */
  public List<Channel<T>> channels() {
    return channels;
  }

  @Override
  public FixedRoute<T> forType(String type) {
    return this;
  }

  @Override
  public String toString() {
    List<String> parts = new ArrayList<>();
    if (topic != null) {
      parts.add("stream " + topic.name());
    }
    channels.forEach(channel -> parts.add("channel " + channel.name()));
    return "Route[" + String.join(" and ", parts) + "]";
  }
}
