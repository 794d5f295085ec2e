package dev.tandem.pubsub.internal.publish;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.PublisherStats;
import dev.tandem.pubsub.RateLimit;
import dev.tandem.pubsub.internal.limit.RateLimits;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** What is kept for each channel is bounded, however many channels there are. */
class BoundsTest {
  private static final Tenant TENANT = Tenant.of("acme");

  @Test
  void limitersOfChannelsNotUsedForLongAreForgotten() {
    RateLimits limits = new RateLimits();
    Channel<String> limited =
        Channel.of("c", Serde.string()).rateLimit(RateLimit.of(1, Duration.ofHours(1)));
    for (int i = 0; i < RateLimits.MOST + 10; i++) {
      limits.acquire(TENANT, limited.named("c" + i), 1, false);
    }
    assertThat(limits.size()).isEqualTo(RateLimits.MOST);
    limits.acquire(TENANT, limited.named("c0"), 1, false);
  }

  @Test
  void channelsBeyondTheFirstAreCountedTogether() {
    ChannelTallies tallies = new ChannelTallies(Instant.EPOCH);
    for (int i = 0; i < PublisherStats.MOST_CHANNELS + 10; i++) {
      tallies.of(TENANT, "c" + i).failed(1, false);
    }
    PublisherStats stats = tallies.stats(0);
    assertThat(stats.channels()).hasSize(PublisherStats.MOST_CHANNELS);
    assertThat(stats.others().failed()).isEqualTo(10);
  }
}
