package dev.tandem.streams;

import dev.tandem.api.MessageId;
import java.util.List;

/**
 * Where one message stands in every group of its stream.
 *
 * <p>Thread safety: immutable.
 *
 * @param id the message
 * @param topic its topic
 * @param dataPresent whether its data is in the stream
 * @param standings one for each group
 */
public record MessageReport(
    MessageId id, String topic, boolean dataPresent, List<GroupStanding> standings) {
  /** Copies the list. */
  public MessageReport {
    standings = List.copyOf(standings);
  }
}
