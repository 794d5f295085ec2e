package dev.tandem.examples.soak;

import java.util.List;

/**
 * What became of all messages.
 *
 * @param published messages that are or were in the stream
 * @param acknowledged of these, handled and acknowledged
 * @param retried deliveries whose handler threw, and that were not the last allowed
 * @param deadLettered messages that the group gave up
 * @param redelivered deliveries begun that were not a message's first
 * @param lost messages in the stream that are neither
 * @param contradictions what must not be, in words; the first few
 */
record Account(
    long published,
    long acknowledged,
    long retried,
    long deadLettered,
    long redelivered,
    long lost,
    List<String> contradictions) {

  boolean isRight() {
    return lost == 0 && contradictions.isEmpty() && published == acknowledged + deadLettered;
  }

  /** The last line of the output. */
  String line(long kills, long restarts) {
    return "published=%d acknowledged=%d retried=%d deadLettered=%d redelivered=%d lost=%d kills=%d restarts=%d"
        .formatted(
            published, acknowledged, retried, deadLettered, redelivered, lost, kills, restarts);
  }
}
