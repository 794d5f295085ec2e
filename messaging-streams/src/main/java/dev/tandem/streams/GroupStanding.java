package dev.tandem.streams;

import dev.tandem.api.MessageId;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Where one message stands in one group.
 *
 * <p>Thread safety: immutable.
 *
 * @param group the group
 * @param state where it stands
 * @param certain whether the server's records prove it. {@link MessageState#ACKNOWLEDGED} is not
 *     proved where the data is gone: it may have been removed before the group read it
 * @param consumer who has it, or had it last; empty if nobody or not known
 * @param deliveries how often it was delivered; 0 if not known any more
 * @param idle how long nobody has touched it; null if it is not pending
 * @param dueAt when its retry is due; null if it does not wait
 * @param deadLetterId its id among the dead letters; null if it is not there
 * @param reason why it is a dead letter; null if it is not
 */
public record GroupStanding(
    String group,
    MessageState state,
    boolean certain,
    String consumer,
    long deliveries,
    @Nullable Duration idle,
    @Nullable Instant dueAt,
    @Nullable MessageId deadLetterId,
    @Nullable DeadLetterReason reason) {}
