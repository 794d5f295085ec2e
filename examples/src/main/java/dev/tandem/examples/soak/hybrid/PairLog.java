package dev.tandem.examples.soak.hybrid;

import dev.tandem.api.Position;
import dev.tandem.examples.soak.live.Complaints;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One tenant's stream and the channel to which the same is published, as the server has them in the
 * end. Since one script writes both, the stream's entries bear the channel's versions from 1 on in
 * their order, and the channel has given out no other. Not thread-safe.
 */
final class PairLog {
  private final String name;
  private final Complaints complaints;
  private long[] ids = new long[1 << 10];
  private int entries;
  private long stored;
  private @Nullable String epoch;
  private long top;
  private long halves;

  PairLog(String name, Complaints complaints) {
    this.name = name;
    this.complaints = complaints;
  }

  /** The stream's next entry, and where it says that it stands on the channel. */
  void entry(String id, @Nullable Position position) {
    entries++;
    if (entries == ids.length) {
      ids = Arrays.copyOf(ids, Math.multiplyExact(entries, 2));
    }
    ids[entries] = hash(id);
    if (epoch == null && position != null) {
      epoch = position.epoch();
    }
    if (position == null || position.version() != entries || !position.epoch().equals(epoch)) {
      half("%s: entry %s should be version %d, but is at %s", name, id, entries, position);
    }
  }

  /** The channel's next stored message. All entries must have been told before. */
  void stored(long version, String id) {
    if (version < 1 || version > entries || ids[(int) version] != hash(id)) {
      half("%s: version %d has id %s on the channel, but not in the stream", name, version, id);
    } else if (stored != 0 && version != stored + 1) {
      half("%s: version %d follows %d on the channel", name, version, stored);
    }
    stored = version;
  }

  /** Where the channel stands. Everything else must have been told before. */
  void top(long version) {
    top = version;
    for (long missing = Math.min(top, entries); missing < Math.max(top, entries); missing++) {
      half("%s: %d in the stream, but %d on the channel", name, entries, top);
    }
    if (top > 0 && stored != top) {
      half("%s: the channel stands at %d, but has stored %d last", name, top, stored);
    }
  }

  private void half(String format, @Nullable Object... values) {
    halves++;
    complaints.add(format, values);
  }

  private static long hash(String id) {
    int dash = id.indexOf('-');
    try {
      return dash < 0
          ? -1
          : Long.parseLong(id, 0, dash, 10) * 1_000_003
              + Long.parseLong(id, dash + 1, id.length(), 10);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  long entries() {
    return entries;
  }

  long top() {
    return top;
  }

  long halves() {
    return halves;
  }
}
