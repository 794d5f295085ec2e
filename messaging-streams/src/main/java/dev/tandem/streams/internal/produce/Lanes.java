package dev.tandem.streams.internal.produce;

import dev.tandem.redis.batch.Kept;
import dev.tandem.redis.command.RedisKey;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The lanes by stream: those with entries, and a limited number of those that had some, so that
 * what is known of their streams is not forgotten at once.
 *
 * <p>Thread safety: not safe for use by many threads; the sending thread's.
 */
final class Lanes {
  /** The most empty lanes remembered. */
  static final int MOST_IDLE = 1_024;

  private final LinkedHashMap<RedisKey, Lane> active = new LinkedHashMap<>();
  private final LinkedHashMap<RedisKey, Lane> idle = new LinkedHashMap<>();
  private int entries;
  private long bytes;

  /** Whether entries wait for this stream. */
  boolean isActive(RedisKey stream) {
    return !active.isEmpty() && active.containsKey(stream);
  }

  boolean isEmpty() {
    return active.isEmpty();
  }

  /** Puts an entry behind all others of its stream. */
  void add(Outgoing entry) {
    RedisKey stream = entry.keys().stream();
    Lane lane = active.get(stream);
    if (lane == null) {
      Lane known = idle.remove(stream);
      lane = known == null ? new Lane(entry.keys()) : known;
      active.put(stream, lane);
    }
    lane.add(entry);
    entries++;
    bytes += entry.bytes();
  }

  /** The lanes that have something to send now. */
  List<Lane> due(long nowNanos) {
    List<Lane> due = new ArrayList<>();
    for (Lane lane : active.values()) {
      if (lane.dueNanos() - nowNanos <= 0 && lane.hasNext()) {
        due.add(lane);
      }
    }
    return due;
  }

  /** These entries, which are in no lane any more, are settled. */
  void settled(List<Outgoing> settled) {
    entries -= settled.size();
    for (Outgoing entry : settled) {
      bytes -= entry.bytes();
    }
  }

  /** A call of a lane was answered, and these entries of it are settled. */
  void tried(Lane lane, List<Outgoing> settled) {
    settled(settled);
    RedisKey stream = lane.keys().stream();
    active.remove(stream);
    if (!lane.isEmpty()) {
      active.put(stream, lane);
      return;
    }
    idle.put(stream, lane);
    if (idle.size() > MOST_IDLE) {
      Iterator<Map.Entry<RedisKey, Lane>> eldest = idle.entrySet().iterator();
      eldest.next();
      eldest.remove();
    }
  }

  /** Any lane with entries, or null. */
  @Nullable Lane any() {
    return active.isEmpty() ? null : active.values().iterator().next();
  }

  /** What waits here. */
  Kept kept() {
    if (active.isEmpty()) {
      return Kept.NOTHING;
    }
    long oldest = Long.MAX_VALUE;
    Lane first = null;
    for (Lane lane : active.values()) {
      oldest = Math.min(oldest, lane.oldest().number());
      if (first == null || lane.dueNanos() - first.dueNanos() < 0) {
        first = lane;
      }
    }
    return new Kept(entries, bytes, oldest, first == null ? 0 : first.dueNanos());
  }
}
