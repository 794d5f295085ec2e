package dev.tandem.examples.soak.live;

import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one subscriber was told on one channel, over all its processes: each takes up where the
 * reports of the one before end. Not thread-safe.
 */
final class View {
  private final String name;
  private final int subscriber;
  private final Complaints complaints;
  private final Map<String, List<Range>> excused = new HashMap<>();
  private @Nullable Position at;

  private long delivered;
  private long gaps;
  private long duplicates;
  private long outOfOrder;
  private long unannounced;

  /** Each with the version after which delivery went on. */
  private final List<Position> trims = new ArrayList<>();

  /** Versions of one log that need not be seen, both ends included. */
  private record Range(long first, long last) {}

  View(String name, int subscriber, Complaints complaints) {
    this.name = name;
    this.subscriber = subscriber;
    this.complaints = complaints;
  }

  /** Where it stands: what a successor resumes from; null before it has begun. */
  @Nullable Position at() {
    return at;
  }

  void begin(Position start) {
    if (at != null) {
      complaints.add("%s begins at %s, but stood at %s", name, start, at);
    }
    excuse(start.epoch(), 1, start.version());
    at = start;
  }

  /** It was given a message, which stands in this log. */
  void message(Position position, EpochLog log) {
    delivered++;
    Position before = at;
    if (before == null) {
      complaints.add("%s gets %s before it has begun", name, position);
      return;
    }
    if (!log.see(position.version(), subscriber)) {
      duplicates++;
      complaints.add("%s gets %s again", name, position);
      return;
    }
    if (!position.epoch().equals(before.epoch())) {
      unannounced++;
      complaints.add(
          "%s gets %s after %s, and was not told of another log", name, position, before);
    } else if (position.version() <= before.version()) {
      outOfOrder++;
      complaints.add("%s gets %s after %s, which is later", name, position, before);
      return;
    } else if (position.version() > before.version() + 1) {
      complaints.add("%s gets %s after %s, with a hole between", name, position, before);
    }
    at = position;
  }

  /** It was told of a gap. */
  void gap(@Nullable Position from, Position resumesAt, GapReason reason) {
    gaps++;
    Position before = at;
    if (from == null || !from.equals(before)) {
      complaints.add("%s is told of a gap from %s, but stands at %s", name, from, before);
    }
    if (from != null) {
      excuse(from, resumesAt, reason);
    }
    at = resumesAt;
  }

  private void excuse(Position from, Position resumesAt, GapReason reason) {
    boolean sameLog = from.epoch().equals(resumesAt.epoch());
    if (reason == GapReason.TRIMMED && sameLog && resumesAt.version() > from.version()) {
      trims.add(resumesAt);
      excuse(from.epoch(), from.version() + 1, resumesAt.version());
    } else if (reason == GapReason.EPOCH_CHANGED && !sameLog) {
      excuse(from.epoch(), from.version() + 1, Long.MAX_VALUE);
      excuse(resumesAt.epoch(), 1, resumesAt.version());
    } else {
      complaints.add(
          "%s is told of a gap without ground: %s to %s, %s", name, from, resumesAt, reason);
    }
  }

  private void excuse(String epoch, long first, long last) {
    excused.computeIfAbsent(epoch, unused -> new ArrayList<>()).add(new Range(first, last));
  }

  /**
   * How many messages of a log it was neither given nor told to have missed. A log that it never
   * came to lies within a gap between two others, unless there was none.
   *
   * @param isLast whether this is the log in which the channel ended
   */
  long holes(String epoch, EpochLog log, boolean isLast) {
    List<Range> ranges = excused.get(epoch);
    if (ranges == null && !isLast && unannounced == 0) {
      return 0;
    }
    long missing = 0;
    for (int version = 1; version <= log.top(); version++) {
      if (!log.isSeen(version, subscriber) && !isExcused(ranges, version)) {
        if (missing++ == 0) {
          complaints.add("%s was never given version %d of log %s", name, version, epoch);
        }
      }
    }
    return missing;
  }

  private static boolean isExcused(@Nullable List<Range> ranges, long version) {
    return ranges != null
        && ranges.stream().anyMatch(range -> range.first <= version && version <= range.last);
  }

  /** After which versions it went on where something had been trimmed. */
  List<Position> trims() {
    return List.copyOf(trims);
  }

  /** Whether it saw what stands in a log under this version. */
  boolean saw(EpochLog log, int version) {
    return log.isSeen(version, subscriber);
  }

  long delivered() {
    return delivered;
  }

  long gaps() {
    return gaps;
  }

  long duplicates() {
    return duplicates;
  }

  long outOfOrder() {
    return outOfOrder;
  }

  /** How often it came to another log without being told. */
  long unannounced() {
    return unannounced;
  }

  @Override
  public String toString() {
    return name;
  }
}
