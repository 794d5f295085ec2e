package dev.tandem.benchmarks.bench;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * What is to be measured.
 *
 * @param works one after the other
 * @param pace how long each
 * @param withCurves whether it is followed by how cost grows
 */
record Plan(List<Planned> works, Pace pace, boolean withCurves) {
  /** The name of all curves together. */
  static final String CURVES = "curves";

  private static final int RATE = 2_000;

  /**
   * Every work, in the order of the report: its name, messages a round in full and quick runs,
   * rate.
   */
  private static final List<Entry> ENTRIES =
      List.of(
          new Entry("produce", 200_000, 200_000, RATE, true),
          new Entry("produce-blocking", 10_000, 4_000, RATE, true),
          new Entry("produce-blocking-16", 40_000, 8_000, RATE, false),
          new Entry("produce-idempotent", 200_000, 100_000, RATE, true),
          new Entry("produce-100", 200_000, 100_000, RATE, false),
          new Entry("produce-1k", 100_000, 50_000, RATE, false),
          new Entry("produce-64k", 4_000, 2_000, RATE / 10, false),
          new Entry("consume", 500_000, 500_000, RATE, true),
          new Entry("consume-ack-each", 20_000, 10_000, RATE, false),
          new Entry("consume-1ms", 2_000, 500, RATE, false),
          new Entry("consume-tenants", 500_000, 100_000, RATE, false),
          new Entry("handle", 100_000, 50_000, RATE, true),
          new Entry("fleeting", 200_000, 200_000, RATE, true),
          new Entry("fleeting-100", 200_000, 100_000, RATE, false),
          new Entry("fleeting-1k", 100_000, 50_000, RATE, false),
          new Entry("fleeting-64k", 4_000, 2_000, RATE / 10, false),
          new Entry("recoverable", 200_000, 200_000, RATE, true),
          new Entry("recoverable-100", 200_000, 100_000, RATE, false),
          new Entry("recoverable-1k", 100_000, 50_000, RATE, false),
          new Entry("recoverable-64k", 4_000, 2_000, RATE / 10, false),
          new Entry("fan-out", 4_000, 2_000, RATE / 20, true),
          new Entry("fan-out-10000", 400, 100, RATE / 200, false),
          new Entry("channels-1000", 100_000, 50_000, RATE, false),
          new Entry("channels-10000", 100_000, 50_000, RATE, false),
          new Entry("resume-storm", 10_000, 1_000, RATE, false),
          new Entry("hybrid", 200_000, 100_000, RATE, true),
          new Entry("hybrid-idempotent", 200_000, 100_000, RATE, false),
          new Entry("hybrid-halves", 100_000, 50_000, RATE, false));

  /** Copies the list. */
  Plan {
    works = List.copyOf(works);
  }

  /** Everything, at full length. */
  static Plan full() {
    return new Plan(ENTRIES.stream().map(Entry::full).toList(), Pace.FULL, true);
  }

  /** What says most, in under four minutes. */
  static Plan quick() {
    return new Plan(
        ENTRIES.stream().filter(Entry::inQuick).map(Entry::quick).toList(), Pace.QUICK, false);
  }

  /** Everything that can be asked for by name. */
  static List<String> names() {
    List<String> names = new ArrayList<>(ENTRIES.stream().map(Entry::work).toList());
    names.add(CURVES);
    return names;
  }

  /** Only these, at the scale of this kind of run; a quick one may be asked for any. */
  static Plan of(Collection<String> names, boolean quick) {
    return new Plan(
        ENTRIES.stream()
            .filter(entry -> names.contains(entry.work()))
            .map(entry -> quick ? entry.quick() : entry.full())
            .toList(),
        quick ? Pace.QUICK : Pace.FULL,
        names.contains(CURVES));
  }

  /** The same works at another pace. */
  Plan at(Pace other) {
    return new Plan(works, other, withCurves);
  }

  /** Those of its works that there are. */
  Plan among(Collection<String> there) {
    return new Plan(
        works.stream().filter(planned -> there.contains(planned.work())).toList(),
        pace,
        withCurves);
  }

  private record Entry(String work, int messages, int quickMessages, int rate, boolean inQuick) {
    Planned full() {
      return new Planned(work, messages, rate);
    }

    Planned quick() {
      return new Planned(work, quickMessages, rate);
    }
  }
}
