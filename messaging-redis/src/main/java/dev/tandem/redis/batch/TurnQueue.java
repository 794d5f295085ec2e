package dev.tandem.redis.batch;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Entries with their weights, in lines. Those of one line leave in the order in which they came;
 * lines take turns, so that one in which many wait does not hold up one with few: each batch has
 * room for every line, or, if there are too many of them, goes on where the one before ended.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
final class TurnQueue<E> {
  private final Map<Object, Line<E>> lines = new HashMap<>();

  /** The same, the one first whose turn it is; all of them have entries. */
  private final ArrayDeque<Line<E>> turns = new ArrayDeque<>();

  private int size;
  private long bytes;
  private long newest;

  /** Takes an entry, behind the others of the line of this key. */
  void add(E entry, Object key, int weight) {
    Line<E> line = lines.get(key);
    if (line == null) {
      line = new Line<>(key);
      lines.put(key, line);
      turns.add(line);
    }
    line.add(new Waiting<>(entry, weight, ++newest));
    size++;
    bytes += weight;
  }

  /** Moves entries over while they fit; the first one always does. */
  void drainTo(List<E> batch, int maxEntries, int maxBytes) {
    int inTurn = Math.max(1, turns.size());
    int share = Math.max(1, maxEntries / inTurn);
    int shareBytes = maxBytes / inTurn;
    long leave = bytes - maxBytes;
    while (!turns.isEmpty() && batch.size() < maxEntries) {
      Line<E> line = turns.element();
      if (!batch.isEmpty() && bytes - line.firstWeight() < leave) {
        return; // the next batch begins with it
      }
      turns.remove();
      int most = Math.min(share, maxEntries - batch.size());
      take(line, batch, most, Math.max(leave, bytes - shareBytes));
      if (line.isEmpty()) {
        lines.remove(line.key);
      } else {
        turns.add(line);
      }
    }
  }

  /** Takes the first of a line, and others as long as so many bytes are left in all lines. */
  private void take(Line<E> line, List<E> batch, int most, long leave) {
    int full = batch.size() + most;
    do {
      bytes -= line.firstWeight();
      size--;
      batch.add(line.remove());
    } while (batch.size() < full && !line.isEmpty() && bytes - line.firstWeight() >= leave);
  }

  List<E> removeAll() {
    List<E> all = new ArrayList<>(size);
    for (Line<E> line : turns) {
      while (!line.isEmpty()) {
        all.add(line.remove());
      }
    }
    turns.clear();
    lines.clear();
    size = 0;
    bytes = 0;
    return all;
  }

  int size() {
    return size;
  }

  boolean isEmpty() {
    return size == 0;
  }

  long bytes() {
    return bytes;
  }

  /** How many were added so far, which is the number of the newest. */
  long newest() {
    return newest;
  }

  /** Whether one waits that was added no later than the one of this number. */
  boolean holdsUpTo(long number) {
    for (Line<E> line : turns) {
      if (line.firstNumber() <= number) {
        return true;
      }
    }
    return false;
  }

  /** What waits for one key, first in, first out. */
  private static final class Line<E> {
    final Object key;
    private final ArrayDeque<Waiting<E>> entries = new ArrayDeque<>();

    Line(Object key) {
      this.key = key;
    }

    void add(Waiting<E> entry) {
      entries.add(entry);
    }

    E remove() {
      return entries.remove().entry;
    }

    boolean isEmpty() {
      return entries.isEmpty();
    }

    int firstWeight() {
      return entries.element().weight;
    }

    long firstNumber() {
      return entries.element().number;
    }
  }

  private record Waiting<E>(E entry, int weight, long number) {}
}
