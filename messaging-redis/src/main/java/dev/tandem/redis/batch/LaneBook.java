package dev.tandem.redis.batch;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The lanes of a sink, by what must stay in order: those with entries, in turns, and a limited
 * number of those that had some, so that what is known of them is not forgotten at once.
 *
 * <p>Thread safety: not safe for use by many threads; the sending thread's.
 *
 * @param <K> what lanes are told apart by
 * @param <E> entries
 * @param <L> lanes
 */
public final class LaneBook<K, E, L extends LaneBook.Lane<K, E>> {
  /** The most empty lanes remembered: {@value}. */
  public static final int MOST_IDLE = 1_024;

  /** Entries that are sent in their order. */
  public interface Lane<K, E> {
    /** Its place in the book. */
    K key();

    /** Puts an entry behind all others. */
    void add(E entry);

    /** Whether all entries are settled. */
    boolean isEmpty();

    /** Whether there is something to send, once it is due. */
    boolean hasNext();

    /** When it wants to be sent, by {@link System#nanoTime}. */
    long dueNanos();

    /** How many entries the sink was given before the oldest of this lane, which is not empty. */
    long oldestNumber();
  }

  private final Function<E, K> keyOf;
  private final Function<E, L> open;
  private final ToIntFunction<E> bytesOf;
  private final LinkedHashMap<K, L> active = new LinkedHashMap<>();
  private final LinkedHashMap<K, L> idle = new LinkedHashMap<>();
  private int entries;
  private long bytes;

  /**
   * An empty book.
   *
   * @param keyOf which lane an entry belongs to
   * @param open makes the lane for an entry that has none
   * @param bytesOf an entry's weight
   */
  public LaneBook(Function<E, K> keyOf, Function<E, L> open, ToIntFunction<E> bytesOf) {
    this.keyOf = keyOf;
    this.open = open;
    this.bytesOf = bytesOf;
  }

  /** Puts an entry behind all others of its lane. */
  public void add(E entry) {
    K key = keyOf.apply(entry);
    L lane = active.get(key);
    if (lane == null) {
      L known = idle.remove(key);
      lane = known == null ? open.apply(entry) : known;
      active.put(key, lane);
    }
    lane.add(entry);
    entries++;
    bytes += bytesOf.applyAsInt(entry);
  }

  /** Whether entries of this lane are here. */
  public boolean isActive(K key) {
    return !active.isEmpty() && active.containsKey(key);
  }

  /** The lanes that have something to send now. */
  public List<L> due(long nowNanos) {
    List<L> due = new ArrayList<>();
    for (L lane : active.values()) {
      if (lane.dueNanos() - nowNanos <= 0 && lane.hasNext()) {
        due.add(lane);
      }
    }
    return due;
  }

  /** Whether this is so of all lanes that have entries. */
  public boolean all(Predicate<? super L> property) {
    return active.values().stream().allMatch(property);
  }

  /** These entries, which are in no lane any more, are settled. */
  public void settled(Collection<E> settled) {
    entries -= settled.size();
    for (E entry : settled) {
      bytes -= bytesOf.applyAsInt(entry);
    }
  }

  /** Something of a lane was sent or settled: it is the other lanes' turn. */
  public void turnOver(L lane) {
    K key = lane.key();
    if (active.remove(key) == null) {
      return;
    }
    if (!lane.isEmpty()) {
      active.put(key, lane);
      return;
    }
    idle.put(key, lane);
    if (idle.size() > MOST_IDLE) {
      Iterator<Map.Entry<K, L>> eldest = idle.entrySet().iterator();
      eldest.next();
      eldest.remove();
    }
  }

  /** Any lane with entries, or null. */
  public @Nullable L any() {
    return active.isEmpty() ? null : active.values().iterator().next();
  }

  /** What waits here. */
  public Kept kept() {
    if (active.isEmpty()) {
      return Kept.NOTHING;
    }
    long oldest = Long.MAX_VALUE;
    L first = null;
    for (L lane : active.values()) {
      oldest = Math.min(oldest, lane.oldestNumber());
      if (first == null || lane.dueNanos() - first.dueNanos() < 0) {
        first = lane;
      }
    }
    return new Kept(entries, bytes, oldest, first == null ? 0 : first.dueNanos());
  }
}
