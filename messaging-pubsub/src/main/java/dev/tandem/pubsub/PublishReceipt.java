package dev.tandem.pubsub;

import dev.tandem.api.MessageId;
import dev.tandem.api.Position;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What became of a published message.
 *
 * <p>Thread safety: immutable.
 *
 * @param id the message's id
 * @param position where it stands on the channel, to subscribe after it; null on a fleeting channel
 * @param receivers how many Redis connections were sent it live: processes, not browsers, and no
 *     proof that they handled it. On a Cluster, only those on the node that was asked
 */
public record PublishReceipt(MessageId id, @Nullable Position position, long receivers) {
  /** Refuses a missing id. */
  public PublishReceipt {
    Objects.requireNonNull(id, "id");
  }
}
