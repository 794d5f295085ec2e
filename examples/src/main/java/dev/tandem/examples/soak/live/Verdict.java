package dev.tandem.examples.soak.live;

import java.util.List;

/**
 * What came of a run.
 *
 * @param published messages known to have been in a log
 * @param delivered messages that subscribers reported
 * @param gaps gaps that subscribers reported
 * @param silentHoles messages that a subscriber neither got nor was told to have missed
 * @param duplicates messages that a subscriber got again
 * @param outOfOrder messages that came after a later one
 * @param complaints all that must not be, in words; the first few
 */
record Verdict(
    long published,
    long delivered,
    long gaps,
    long silentHoles,
    long duplicates,
    long outOfOrder,
    List<String> complaints) {

  boolean isRight() {
    return silentHoles == 0 && duplicates == 0 && outOfOrder == 0 && complaints.isEmpty();
  }

  /** The last line of the output. */
  String line(long repaired, long recovered, long cuts, long restarts) {
    return ("published=%d delivered=%d repaired=%d recovered=%d gaps=%d"
            + " silentHoles=%d duplicates=%d outOfOrder=%d cuts=%d restarts=%d")
        .formatted(
            published,
            delivered,
            repaired,
            recovered,
            gaps,
            silentHoles,
            duplicates,
            outOfOrder,
            cuts,
            restarts);
  }

  /** Adds a verdict up. */
  static final class Sum {
    private long published;
    private long delivered;
    private long gaps;
    private long silentHoles;
    private long duplicates;
    private long outOfOrder;

    void add(View view) {
      delivered += view.delivered();
      gaps += view.gaps();
      silentHoles += view.unannounced();
      duplicates += view.duplicates();
      outOfOrder += view.outOfOrder();
    }

    void addPublished(long count) {
      published += count;
    }

    void addSilentHoles(long count) {
      silentHoles += count;
    }

    void addDuplicates(long count) {
      duplicates += count;
    }

    void addOutOfOrder(long count) {
      outOfOrder += count;
    }

    Verdict verdict(List<String> complaints) {
      return new Verdict(
          published, delivered, gaps, silentHoles, duplicates, outOfOrder, complaints);
    }
  }
}
