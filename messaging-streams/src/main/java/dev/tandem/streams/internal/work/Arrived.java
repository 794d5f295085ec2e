package dev.tandem.streams.internal.work;

import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.Load;
import java.util.HashMap;
import java.util.Map;

/** How many entries a read brought of which stream. */
final class Arrived {
  /** Of none. */
  static final Arrived NOTHING = new Arrived();

  private final Map<GroupStream, Integer> ofStream = new HashMap<>();
  private final Map<Load, Integer> ofTenant = new HashMap<>();
  private int all;

  /** So many came of this stream. */
  void add(GroupStream stream, int entries) {
    ofStream.merge(stream, entries, Integer::sum);
    ofTenant.merge(stream.load(), entries, Integer::sum);
    all += entries;
  }

  int of(GroupStream stream) {
    return ofStream.getOrDefault(stream, 0);
  }

  /** Those of all streams of this one's tenant. */
  int ofTenant(GroupStream stream) {
    return ofTenant.getOrDefault(stream.load(), 0);
  }

  int all() {
    return all;
  }
}
