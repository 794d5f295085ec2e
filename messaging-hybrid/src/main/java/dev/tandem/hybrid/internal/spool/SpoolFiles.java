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
    return last.isEmpty() || isRoomFor(last.size(), bytes) ? last : null;
  }

  void add(Segment segment) {
    segments.add(segment);
  }

  void remove(Segment segment) {
    segments.remove(segment);
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
