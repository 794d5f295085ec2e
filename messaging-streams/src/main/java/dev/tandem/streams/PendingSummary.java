package dev.tandem.streams;

import dev.tandem.api.MessageId;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is pending in a group, counted.
 *
 * <p>Thread safety: immutable.
 *
 * @param count messages read and not acknowledged
 * @param waiting those of them that wait for a retry
 * @param released those that were handed back and that any worker takes next
 * @param orphaned those that were held when the group was lost, by nobody knows whom
 * @param first the oldest one's id, or null if there is none
 * @param last the newest one's id, or null if there is none
 * @param leased those that consumers have, by consumer
 */
public record PendingSummary(
    long count,
    long waiting,
    long released,
    long orphaned,
    @Nullable MessageId first,
    @Nullable MessageId last,
    Map<String, Long> leased) {
  /** Copies the map. */
  public PendingSummary {
    leased = Collections.unmodifiableMap(new LinkedHashMap<>(leased));
  }
}
