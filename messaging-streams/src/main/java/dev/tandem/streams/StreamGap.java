package dev.tandem.streams;

import dev.tandem.api.MessageId;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Messages were removed from a stream before a tail had read them.
 *
 * <p>Thread safety: immutable.
 *
 * @param topic the topic
 * @param after the last message before the gap, or the position that the tail began at
 * @param resumesAt the first message after it, or null if there is none yet
 * @param certain whether messages are missing for certain; if not, it can neither be proved nor
 *     ruled out
 * @param missed how many are missing, if that is known
 * @param reset whether the stream was deleted and begins anew
 * @param <T> the payload's type
 */
public record StreamGap<T>(
    String topic,
    MessageId after,
    @Nullable MessageId resumesAt,
    boolean certain,
    OptionalLong missed,
    boolean reset)
    implements TailEvent<T> {}
