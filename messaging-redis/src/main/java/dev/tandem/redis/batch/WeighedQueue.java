package dev.tandem.redis.batch;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Entries with their weights, first in, first out.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
final class WeighedQueue<E> {
  private final ArrayDeque<Weighed<E>> entries = new ArrayDeque<>();
  private long bytes;

  void add(E entry, int weight) {
    entries.add(new Weighed<>(entry, weight));
    bytes += weight;
  }

  /** Moves entries over while they fit; the first one always does. */
  void drainTo(List<E> batch, int maxEntries, int maxBytes) {
    long taken = 0;
    while (batch.size() < maxEntries) {
      Weighed<E> next = entries.peek();
      if (next == null || (!batch.isEmpty() && taken + next.weight > maxBytes)) {
        break;
      }
      entries.remove();
      taken += next.weight;
      batch.add(next.entry);
    }
    bytes -= taken;
  }

  List<E> removeAll() {
    List<E> all = new ArrayList<>(entries.size());
    entries.forEach(weighed -> all.add(weighed.entry));
    entries.clear();
    bytes = 0;
    return all;
  }

  int size() {
    return entries.size();
  }

  boolean isEmpty() {
    return entries.isEmpty();
  }

  long bytes() {
    return bytes;
  }

  private record Weighed<E>(E entry, int weight) {}
}
