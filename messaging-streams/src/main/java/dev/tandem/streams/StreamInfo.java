package dev.tandem.streams;

import dev.tandem.api.MessageId;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A stream.
 *
 * <p>Thread safety: immutable.
 *
 * @param length messages in it; 0 if it does not exist
 * @param first the oldest one's id, or null if there is none
 * @param last the newest one's id, or null if there is none
 * @param lastGenerated the last id it ever gave; {@code 0-0} if none
 * @param bytes the memory it takes, as the server estimates it from a sample; empty if it does not
 *     say
 * @param groups how many groups read it
 * @param trimmed messages that Tandem has trimmed from it so far
 */
public record StreamInfo(
    long length,
    @Nullable MessageId first,
    @Nullable MessageId last,
    MessageId lastGenerated,
    OptionalLong bytes,
    int groups,
    long trimmed) {}
