package dev.tandem.hybrid.internal.spool;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The files of records, oldest first; the last one is written to.
 *
 * <p>Thread safety: not safe for use by many threads, but for {@link #isRoomFor}.
 */
final class SpoolFiles {
  private static final int MOST_FILES = 16;
  private static final int MOST_NEIGHBOURS = 8;
  private static final long LEAST_BYTES = 64 << 10;
  private static final long MOST_BYTES = 16 << 20;

  private final long mostBytes;
  private final List<Segment> segments = new ArrayList<>();

  /**
   * No files yet.
   *
   * @param maxBytes how many they may have together
   */
  SpoolFiles(long maxBytes) {
    this.mostBytes = Math.max(LEAST_BYTES, Math.min(MOST_BYTES, maxBytes / MOST_FILES));
  }

  /** Whether so many bytes may go behind so many others in one file. */
  boolean isRoomFor(long end, long bytes) {
    return end + bytes <= mostBytes;
  }

  /** The file that is written to, if so many bytes more fit. */
  @Nullable Segment withRoomFor(long bytes) {
    if (segments.isEmpty()) {
      return null;
    }
    Segment last = segments.get(segments.size() - 1);
    boolean hasRoom = last.isEmpty() || isRoomFor(last.size(), bytes);
    return hasRoom && !last.isFrozen() ? last : null;
  }

  void add(Segment segment) {
    segments.add(segment);
  }

  void remove(Segment segment) {
    segments.remove(segment);
  }

  /**
   * Neighbours, but for the last file, that would take half the room or less as one, or are many;
   * none if there are no such.
   */
  List<Segment> worthRewriting() {
    List<Segment> some = new ArrayList<>();
    long bytes = 0;
    long waiting = SegmentHead.SIZE;
    for (int i = 0; i < segments.size() - 1; i++) {
      Segment next = segments.get(i);
      if (!isRoomFor(waiting, next.waitingBytes())) {
        if (isWorthIt(some.size(), bytes, waiting)) {
          return some;
        }
        some = new ArrayList<>();
        bytes = 0;
        waiting = SegmentHead.SIZE;
      }
      some.add(next);
      bytes += next.size();
      waiting += next.waitingBytes();
    }
    return isWorthIt(some.size(), bytes, waiting) ? some : List.of();
  }

  private static boolean isWorthIt(int files, long bytes, long waiting) {
    return files > MOST_NEIGHBOURS || (files > 0 && waiting * 2 <= bytes);
  }

  /** Puts one file in the place of neighbours. */
  void replace(List<Segment> neighbours, Segment by) {
    segments.set(segments.indexOf(neighbours.get(0)), by);
    segments.removeAll(neighbours);
  }

  /** Whether records may still be written to it. */
  boolean isLast(Segment segment) {
    return !segments.isEmpty() && segments.get(segments.size() - 1) == segment;
  }

  /** Takes the last file out if it has records, and none of them waits. */
  @Nullable Segment removeLastIfSettled() {
    if (segments.isEmpty()) {
      return null;
    }
    Segment last = segments.get(segments.size() - 1);
    return last.waiting() == 0 && !last.isEmpty() ? segments.remove(segments.size() - 1) : null;
  }

  /** Takes all out. */
  List<Segment> removeAll() {
    List<Segment> removed = List.copyOf(segments);
    segments.clear();
    return removed;
  }

  /** How many bytes of records there are. */
  long bytes() {
    long bytes = 0;
    for (Segment segment : segments) {
      bytes += segment.size();
    }
    return bytes;
  }
}
