package dev.tandem.streams.internal.produce;

import dev.tandem.api.lifecycle.Health;
import dev.tandem.streams.ProducerStats;
import dev.tandem.streams.ProducerStreamStats;
import dev.tandem.tenant.Tenant;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What became of messages, by stream; of streams beyond the first {@link
 * ProducerStats#MOST_STREAMS} all together.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class StreamTallies {
  private record Place(Tenant tenant, String topic) {}

  private final Map<Place, StreamTally> tallies = new ConcurrentHashMap<>();
  private final StreamTally others = new StreamTally(Tenant.of("others"), "others");

  /** Where messages like this one are counted. */
  StreamTally of(Outgoing entry) {
    Place place = new Place(entry.tenant(), entry.topic());
    StreamTally known = tallies.get(place);
    if (known != null) {
      return known;
    }
    return tallies.size() >= ProducerStats.MOST_STREAMS
        ? others
        : tallies.computeIfAbsent(place, key -> new StreamTally(key.tenant, key.topic));
  }

  /** The first so many of these were appended. */
  void appended(List<Outgoing> entries, int count) {
    int from = 0;
    while (from < count) {
      Outgoing first = entries.get(from);
      int to = from + 1;
      while (to < count && isSameStream(first, entries.get(to))) {
        to++;
      }
      of(first).appended(to - from);
      from = to;
    }
  }

  // By identity: one caller's messages mostly share them, and the rest is counted one by one.
  @SuppressWarnings("ReferenceEquality")
  private static boolean isSameStream(Outgoing one, Outgoing other) {
    return one.tenant() == other.tenant() && one.topic() == other.topic();
  }

  List<ProducerStreamStats> stats() {
    long now = System.nanoTime();
    return tallies.values().stream().map(tally -> tally.stats(now)).toList();
  }

  /** What the troubles of the streams say, if something was appended last at this time. */
  Health health(@Nullable Instant lastProof, long lastProofNanos) {
    long now = System.nanoTime();
    StreamTally worst = null;
    StreamTally.Trouble why = null;
    int troubled = 0;
    List<StreamTally> all = new ArrayList<>(tallies.values());
    all.add(others);
    for (StreamTally tally : all) {
      StreamTally.Trouble trouble = tally.trouble(now);
      if (trouble != null) {
        troubled++;
        if (why == null || isWorse(trouble, why)) {
          worst = tally;
          why = trouble;
        }
      }
    }
    if (why == null) {
      return new Health(Health.Status.UP, "what is sent gets through", lastProof);
    }
    boolean away = why.isAbsence() && (lastProof == null || lastProofNanos - why.nanos() < 0);
    String more = troubled == 1 ? "" : ", and those for " + (troubled - 1) + " more streams";
    return new Health(
        away ? Health.Status.DOWN : Health.Status.DEGRADED,
        "messages for " + worst + more + " do not get through: " + why.why().getMessage(),
        lastProof);
  }

  // The server's absence says more than one stream's refusal, and news more than what is old.
  private static boolean isWorse(StreamTally.Trouble one, StreamTally.Trouble other) {
    return one.isAbsence() != other.isAbsence() ? one.isAbsence() : one.nanos() - other.nanos() > 0;
  }
}
