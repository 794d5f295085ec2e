package dev.tandem.examples.quickstart;

import java.util.ArrayList;
import java.util.List;

/**
 * The counts of a run.
 *
 * @param published messages appended to a stream and put on a channel, together
 * @param handled of these, handled by a worker, each counted once
 * @param delivered of these, delivered to the tenant's subscriber, each counted once
 * @param failedOver deliveries that worker A took over from worker B
 * @param recovered messages that subscribers read from the buffer after their connection was cut
 * @param redelivered deliveries that were not a message's first
 * @param deadLettered messages that the group gave up
 * @param gaps how often a subscriber was told that it missed something
 * @param lost messages that went missing without a word
 * @param rejected lines of the input that could not be played
 */
record Summary(
    long published,
    long handled,
    long delivered,
    long failedOver,
    long recovered,
    long redelivered,
    long deadLettered,
    long gaps,
    long lost,
    long rejected) {

  /** The counts when there was nothing to play. */
  static Summary ofNothing(long rejected) {
    return new Summary(0, 0, 0, 0, 0, 0, 0, 0, 0, rejected);
  }

  /** What does not add up, in sentences; empty if all is well. */
  List<String> problems(Tally tally) {
    List<String> problems = new ArrayList<>();
    if (lost > 0) {
      problems.add(lost + " messages were lost.");
    }
    if (handled + deadLettered != published) {
      problems.add(
          "of %d messages %d were handled and %d dead-lettered."
              .formatted(published, handled, deadLettered));
    }
    if (delivered + tally.missedWithNotice() != published) {
      problems.add("of %d messages %d were delivered.".formatted(published, delivered));
    }
    if (tally.duplicates() > 0) {
      problems.add(tally.duplicates() + " messages were delivered twice to one subscriber.");
    }
    if (tally.outOfOrder() > 0) {
      problems.add(tally.outOfOrder() + " messages were delivered out of order.");
    }
    return problems;
  }

  /** The last line of the output. */
  String line() {
    return "published="
        + published
        + " handled="
        + handled
        + " delivered="
        + delivered
        + " failedOver="
        + failedOver
        + " recovered="
        + recovered
        + " redelivered="
        + redelivered
        + " deadLettered="
        + deadLettered
        + " gaps="
        + gaps
        + " lost="
        + lost
        + " rejected="
        + rejected;
  }
}
