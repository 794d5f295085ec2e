package dev.tandem.hybrid;

import dev.tandem.api.Position;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What became of a message on one channel.
 *
 * <p>Thread safety: immutable.
 *
 * @param channel the channel's name within the tenant
 * @param position where the message stands, with its version; null if the channel is fleeting
 * @param receivers how many Redis connections were subscribed to the channel at that moment:
 *     processes, not browsers; on a Cluster, only those on the node that was asked. 0 on a fleeting
 *     channel if the message was sent again
 */
public record ChannelReceipt(String channel, @Nullable Position position, long receivers) {
  /** Refuses a missing name. */
  public ChannelReceipt {
    Objects.requireNonNull(channel, "channel");
  }
}
