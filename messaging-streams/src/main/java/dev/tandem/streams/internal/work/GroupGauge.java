package dev.tandem.streams.internal.work;

import com.codahale.metrics.Gauge;
import dev.tandem.streams.internal.group.GroupReading;
import dev.tandem.streams.internal.group.GroupStream;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongBinaryOperator;
import java.util.function.ToLongFunction;

/**
 * One number of a group, over the streams of all workers of this process that share the metrics; a
 * stream that several of them serve counts once. -1 if nothing is known: no worker runs, or none
 * has seen the group within {@value GroupReading#FRESH_SECONDS} seconds. Safe for use by many
 * threads.
 */
final class GroupGauge implements Gauge<Long> {
  private static final long UNKNOWN = -1;

  private final ToLongFunction<GroupReading> number;
  private final LongBinaryOperator together;
  private final Set<GroupStream> streams = ConcurrentHashMap.newKeySet();

  /** A gauge of this number, of several streams put together like this. */
  GroupGauge(ToLongFunction<GroupReading> number, LongBinaryOperator together) {
    this.number = number;
    this.together = together;
  }

  void join(Collection<GroupStream> more) {
    streams.addAll(more);
  }

  void leave(Collection<GroupStream> some) {
    some.forEach(streams::remove);
  }

  @Override
  public Long getValue() {
    long now = System.nanoTime();
    Map<String, GroupReading> newest = new HashMap<>();
    for (GroupStream stream : streams) {
      GroupReading reading = stream.reading();
      if (reading != null && reading.isFresh(now)) {
        newest.merge(stream.stream().text(), reading, (a, b) -> a.nanos() - b.nanos() > 0 ? a : b);
      }
    }
    return newest.values().stream()
        .mapToLong(number)
        .filter(one -> one >= 0)
        .reduce(together)
        .orElse(UNKNOWN);
  }
}
