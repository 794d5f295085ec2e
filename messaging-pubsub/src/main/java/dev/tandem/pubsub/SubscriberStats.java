package dev.tandem.pubsub;

import dev.tandem.api.internal.Require;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the subscriptions of a bus have done, by channel.
 *
 * <p>{@value #MOST_CHANNELS} channels have counts of their own. A channel that nobody here
 * subscribes to any more keeps its counts until another needs the place; then they are added to
 * those of the others.
 *
 * <p>Thread safety: immutable.
 *
 * @param channels the channels that have counts of their own
 * @param others all other channels together
 */
public record SubscriberStats(List<ChannelDeliveries> channels, ChannelDeliveries others) {
  /** The most channels that have counts of their own: {@value}. */
  public static final int MOST_CHANNELS = 1_024;

  /** Copies the list. */
  public SubscriberStats {
    channels = List.copyOf(Require.notNull("channels", channels));
    Require.notNull("others", others);
  }

  /** The counts of one channel, or null if it has none of its own. */
  public @Nullable ChannelDeliveries of(String tenant, String channel) {
    for (ChannelDeliveries one : channels) {
      if (tenant.equals(one.tenant()) && channel.equals(one.channel())) {
        return one;
      }
    }
    return null;
  }
}
