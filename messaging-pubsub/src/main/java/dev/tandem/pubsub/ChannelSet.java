package dev.tandem.pubsub;

import dev.tandem.api.Message;
import dev.tandem.api.Positions;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Channels that are subscribed to together: all of one payload type, and either all recoverable or
 * all fleeting, so that one promise holds for all.
 *
 * <p>Thread safety: immutable.
 *
 * @param <T> the payloads' type
 */
public final class ChannelSet<T> {
  /** The most channels: {@value}. */
  public static final int MOST_CHANNELS = Positions.MOST_CHANNELS;

  private final Map<String, Channel<T>> byName = new LinkedHashMap<>();
  private final @Nullable Channel<T> base;

  private ChannelSet(Collection<Channel<T>> channels, @Nullable Channel<T> base) {
    this.base = base;
    Require.inRange("number of channels", channels.size(), 1, MOST_CHANNELS);
    boolean recoverable = Require.notNull("channel", channels.iterator().next()).isRecoverable();
    for (Channel<T> channel : channels) {
      if (Require.notNull("channel", channel).isRecoverable() != recoverable) {
        throw new InvalidValueException(
            "channel", channel, "must be recoverable if the others are, and fleeting if not");
      }
      if (byName.put(channel.name(), channel) != null) {
        throw new InvalidValueException("channel", channel.name(), "must be there once only");
      }
    }
  }

  /**
   * These channels.
   *
   * @throws InvalidValueException if there is none or more than {@value #MOST_CHANNELS}, if two
   *     bear the same name, or if only some are recoverable
   */
  @SafeVarargs
  public static <T> ChannelSet<T> of(Channel<T>... channels) {
    List<Channel<T>> all = new ArrayList<>();
    for (Channel<T> channel : channels) {
      all.add(channel);
    }
    return of(all);
  }

  /** These channels, by the rules of {@link #of(Channel[])}. */
  public static <T> ChannelSet<T> of(Collection<Channel<T>> channels) {
    return new ChannelSet<>(Require.notNull("channels", channels), null);
  }

  /**
   * A channel for each type of message, with versions of its own: named as the base, a dot and the
   * type, and described like the base. Publish to {@link #channelFor}.
   *
   * @param base what the channels are like; nothing is published to it itself
   * @param types the types, which must be fit for a channel's name
   */
  public static <T> ChannelSet<T> perType(Channel<T> base, String... types) {
    Require.notNull("base", base);
    return new ChannelSet<>(
        Arrays.stream(types).map(type -> base.named(nameFor(base, type))).toList(), base);
  }

  private static String nameFor(Channel<?> base, String type) {
    return base.name() + '.' + Require.notNull("type", type);
  }

  /**
   * Where a message belongs, by its type, in a set that was made {@link #perType}.
   *
   * @throws InvalidValueException if the set has no channel for the type, or is not one of types
   */
  public Channel<T> channelFor(Message<? extends T> message) {
    String type = Require.notNull("message", message).type();
    Channel<T> channel = base == null ? null : byName.get(nameFor(base, type));
    if (channel == null) {
      throw new InvalidValueException(
          "message type", type, "must be one of the types that the channels were made for");
    }
    return channel;
  }

  /** The channels, in the order in which they were given. */
  public Collection<Channel<T>> channels() {
    return Collections.unmodifiableCollection(byName.values());
  }

  /** Whether subscribers can recover what they missed, on all channels. */
  public boolean isRecoverable() {
    return byName.values().iterator().next().isRecoverable();
  }

  @Override
  public String toString() {
    return "ChannelSet" + List.copyOf(byName.keySet());
  }
}
