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
 * @param certain whether the server's records prove the state of a message that was published; that
 *     it was, they prove only while its data is there, or something became of it. For {@link
 *     MessageState#ACKNOWLEDGED} they prove at most that the group has passed the message, and that
 *     only while its data is there: where it is gone it may have been removed before the group read
 *     it. That it was handled is never proved. {@link MessageState#LOST} is not proved for a
 *     message that the group has not come to and that trimming did not remove: it was deleted, or
 *     never published
 * @param consumer who has it, or had it last; empty if nobody or not known
 * @param deliveries how often it was delivered, as a replay counted anew; 0 if not known any more
 * @param idle how long nobody has touched it; null if it is not pending
 * @param dueAt when its retry is due; null if it does not wait
 * @param deadLetterId its id among the dead letters; null if it is not there
 * @param reason why it is a dead letter; null if it is not
 * @param replayId its id in the group's replay stream, if the state is that of a replay: of a dead
 *     letter that was replayed and is not done yet; null if it is not
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
    @Nullable DeadLetterReason reason,
    @Nullable MessageId replayId) {}
