package dev.tandem.streams.internal.eventstore;

import dev.tandem.streams.internal.entry.RawEntry;
import java.util.List;

/**
 * How many entries to ask for at a time: as many as should make up 4 MiB, going by the latest page,
 * 1 to 256. For one thread.
 */
final class PageSize {
  private static final int FIRST = 32;
  private static final int MOST = 256;
  private static final long BYTES = 4 << 20;

  private int size = FIRST;

  int next() {
    return size;
  }

  void learn(List<RawEntry> page) {
    if (page.isEmpty()) {
      return;
    }
    long bytes = 0;
    for (RawEntry entry : page) {
      for (byte[] field : entry.fields()) {
        bytes += field.length;
      }
    }
    long fitting = BYTES / Math.max(1, bytes / page.size());
    size = (int) Math.max(1, Math.min(MOST, fitting));
  }
}
