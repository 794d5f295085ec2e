package dev.tandem.pubsub;

import dev.tandem.api.Message;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Messages to one or several channels of one tenant that are published together: all of them are
 * stored and published in one step, or none is.
 *
 * <p>On each channel they arrive in the order of the batch; between channels there is no order.
 * Fleeting channels may be among them; what is published there has the guarantee of a fleeting
 * channel, no more. At most {@value #MAX_MESSAGES} messages to {@value #MAX_CHANNELS} channels and
 * {@value #MAX_BYTES} bytes: Redis does nothing else meanwhile.
 *
 * <p>Thread safety: immutable, as far as the payloads are.
 */
public final class ChannelBatch {
  /** The most messages: {@value}. */
  public static final int MAX_MESSAGES = 256;

  /** The most channels: {@value}. */
  public static final int MAX_CHANNELS = 32;

  /** The most bytes of all messages as they are sent: 1 MiB. */
  public static final int MAX_BYTES = 1 << 20;

  private static final ChannelBatch EMPTY = new ChannelBatch(List.of());

  private final List<Entry<?>> entries;

  /**
   * One message and where it goes.
   *
   * @param channel the channel
   * @param message the message
   * @param <T> the payload's type
   */
  public record Entry<T>(Channel<T> channel, Message<T> message) {
    /** Refuses what is missing. */
    public Entry {
      Require.notNull("channel", channel);
      Require.notNull("message", message);
    }
  }

  private ChannelBatch(List<Entry<?>> entries) {
    this.entries = entries;
  }

  /** A batch without messages yet. */
  public static ChannelBatch of() {
    return EMPTY;
  }

  /**
   * This batch with one more message behind the others.
   *
   * @throws InvalidValueException if there would be too many messages or channels, or the channel
   *     is in the batch with another retention
   */
  public <T> ChannelBatch add(Channel<T> channel, Message<T> message) {
    List<Entry<?>> all = new ArrayList<>(entries);
    all.add(new Entry<>(channel, message));
    Require.inRange("messages in a batch", all.size(), 1, MAX_MESSAGES);
    Map<String, Channel<?>> channels = new HashMap<>();
    for (Entry<?> entry : all) {
      Channel<?> known = channels.putIfAbsent(entry.channel().name(), entry.channel());
      if (known != null && !isKeptAlike(known, entry.channel())) {
        throw new InvalidValueException(
            "channel", channel, "must be described like " + known + ", which is in the batch");
      }
    }
    Require.inRange("channels in a batch", channels.size(), 1, MAX_CHANNELS);
    return new ChannelBatch(List.copyOf(all));
  }

  private static boolean isKeptAlike(Channel<?> one, Channel<?> other) {
    return one.retention().equals(other.retention()) && one.maxMessages() == other.maxMessages();
  }

  /** The messages, in order. */
  public List<Entry<?>> entries() {
    return entries;
  }

  @Override
  public String toString() {
    return "ChannelBatch[" + entries.size() + " messages]";
  }
}
