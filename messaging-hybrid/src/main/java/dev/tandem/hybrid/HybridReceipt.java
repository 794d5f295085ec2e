package dev.tandem.hybrid;

import dev.tandem.api.MessageId;
import dev.tandem.api.Position;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Says that a hybrid message is in its stream and on its channel.
 *
 * <p>Thread safety: immutable.
 *
 * @param id the message's id on both sides: that of the stream entry
 * @param position its place on the channel; null if the channel is fleeting
 * @param receivers how many Redis connections were subscribed to the channel at that moment:
 *     processes, not browsers
 */
public record HybridReceipt(MessageId id, @Nullable Position position, long receivers) {
  /** Refuses a missing id. */
  public HybridReceipt {
    Objects.requireNonNull(id, "id");
  }
}
