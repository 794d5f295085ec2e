package dev.tandem.streams;

import dev.tandem.api.MessageId;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A message that a group has read and not acknowledged.
 *
 * <p>Thread safety: immutable.
 *
 * @param id its id
 * @param state {@link MessageState#LEASED}, {@link MessageState#RELEASED} or {@link
 *     MessageState#WAITING}
 * @param consumer whose name it is pending under
 * @param idle how long ago it was last delivered, renewed or put aside
 * @param deliveries how often it was delivered
 * @param dueAt when its retry is due by the server's clock; null if it does not wait for one
 */
public record PendingMessage(
    MessageId id,
    MessageState state,
    String consumer,
    Duration idle,
    long deliveries,
    @Nullable Instant dueAt) {}
