package dev.tandem.streams.internal.work;

import dev.tandem.streams.Backlog;
import dev.tandem.streams.StreamStats;
import dev.tandem.streams.TopicLatency;
import dev.tandem.streams.internal.group.Counters;
import dev.tandem.streams.internal.group.GroupReading;
import dev.tandem.streams.internal.group.GroupStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The figures of a worker's streams, put together when somebody asks: what was counted anyway, and
 * what the last looks at the groups showed. Safe for use by many threads.
 */
final class Figures {
  private final Roster roster;

  Figures(Roster roster) {
    this.roster = roster;
  }

  /** Each stream's. */
  List<StreamStats> streams() {
    long now = System.nanoTime();
    List<StreamStats> all = new ArrayList<>();
    roster.forEach((topic, stream) -> all.add(stats(topic, stream, now)));
    return all;
  }

  /** How long the messages of each topic take. */
  List<TopicLatency> latencies() {
    Map<String, TopicLatency> all = new LinkedHashMap<>();
    roster.forEach(
        (topic, stream) -> all.computeIfAbsent(topic, name -> stream.counters().latency(name)));
    return List.copyOf(all.values());
  }

  private static StreamStats stats(String topic, GroupStream stream, long now) {
    Counters counts = stream.counters();
    return new StreamStats(
        stream.tenant(),
        topic,
        counts.handled.sum(),
        counts.failed.sum(),
        counts.retried.sum(),
        counts.deadLettered.sum(),
        counts.redelivered.sum(),
        counts.takenOver.sum(),
        counts.lost.sum(),
        counts.leasesLost.sum(),
        counts.acknowledged.sum(),
        stream.unsettled() + stream.replay().unsettled(),
        !stream.isRefused() && stream.aside().isEmpty(),
        backlog(stream, now));
  }

  private static @Nullable Backlog backlog(GroupStream stream, long now) {
    GroupReading own = stream.reading();
    if (own == null || !own.isFresh(now)) {
      return null;
    }
    long lag = own.counts().lag();
    long pending = own.counts().pending();
    long waiting = own.counts().waiting();
    long oldest = own.counts().oldestMillis();
    GroupReading replays = stream.replay().reading();
    if (replays != null && replays.isFresh(now)) {
      lag += replays.counts().lag();
      pending += replays.counts().pending();
      waiting += replays.counts().waiting();
      oldest = Math.max(oldest, replays.counts().oldestMillis());
    }
    OptionalLong dead =
        own.deadLetters() < 0 ? OptionalLong.empty() : OptionalLong.of(own.deadLetters());
    return new Backlog(lag, pending, waiting, Duration.ofMillis(oldest), dead);
  }
}
