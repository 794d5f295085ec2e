package dev.tandem.examples.soak.hybrid;

import dev.tandem.api.Gap;
import dev.tandem.api.Position;
import dev.tandem.examples.soak.live.Complaints;
import org.jspecify.annotations.Nullable;

/**
 * What one hybrid subscriber was given, wherever it left and came back: every version from 1 on,
 * once and in order, and never a gap. Not thread-safe.
 */
final class Watcher {
  private final String name;
  private final Complaints complaints;
  private long last;
  private long duplicates;
  private long lost;

  Watcher(String name, Complaints complaints) {
    this.name = name;
    this.complaints = complaints;
  }

  /** The version of the last message that it was given. */
  long last() {
    return last;
  }

  void message(@Nullable Position position) {
    long version = position == null ? 0 : position.version();
    if (version <= last) {
      duplicates++;
      complaints.add("%s gets version %d after %d", name, version, last);
      return;
    }
    if (version > last + 1) {
      lost += version - last - 1;
      complaints.add("%s gets version %d after %d, with a hole between", name, version, last);
    }
    last = version;
  }

  /** It was told that something is missing, where nothing may be. */
  void gap(Gap gap) {
    lost++;
    complaints.add("%s is told of a gap: %s", name, gap);
  }

  /** The channel ends here. */
  void end(long top) {
    if (last < top) {
      lost += top - last;
      complaints.add("%s was given version %d last, of %d", name, last, top);
    }
  }

  long duplicates() {
    return duplicates;
  }

  long lost() {
    return lost;
  }
}
