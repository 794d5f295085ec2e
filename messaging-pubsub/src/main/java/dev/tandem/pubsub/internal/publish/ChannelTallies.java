package dev.tandem.pubsub.internal.publish;

import dev.tandem.pubsub.PublisherStats;
import dev.tandem.tenant.Tenant;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What became of messages, by channel; of channels beyond the first {@link
 * PublisherStats#MOST_CHANNELS} all together.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class ChannelTallies {
  private record Place(Tenant tenant, String channel) {}

  private final Map<Place, ChannelTally> tallies = new ConcurrentHashMap<>();
  private final ChannelTally others = new ChannelTally(Tenant.of("others"), "others");
  private final Instant since;

  ChannelTallies(Instant since) {
    this.since = since;
  }

  /** Where messages to this channel are counted. */
  ChannelTally of(Tenant tenant, String channel) {
    Place place = new Place(tenant, channel);
    ChannelTally known = tallies.get(place);
    if (known != null) {
      return known;
    }
    return tallies.size() >= PublisherStats.MOST_CHANNELS
        ? others
        : tallies.computeIfAbsent(place, key -> new ChannelTally(tenant, channel));
  }

  /** Where messages like these are counted. */
  ChannelTally of(OutgoingFrame frame) {
    return of(frame.first().tenant(), frame.channel().name());
  }

  PublisherStats stats(int waiting) {
    return new PublisherStats(
        since,
        waiting,
        tallies.values().stream().map(ChannelTally::stats).toList(),
        others.stats());
  }
}
