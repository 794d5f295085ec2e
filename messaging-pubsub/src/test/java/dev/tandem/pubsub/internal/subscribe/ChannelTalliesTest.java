package dev.tandem.pubsub.internal.subscribe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.pubsub.ChannelDeliveries;
import dev.tandem.tenant.Tenant;
import java.time.Clock;
import org.junit.jupiter.api.Test;

class ChannelTalliesTest {
  private final ChannelTallies tallies = new ChannelTallies(Clock.systemUTC(), 2);
  private final Tenant tenant = Tenant.of("acme");

  @Test
  void channelsWithoutPlaceAreCountedTogetherAndUnusedOnesMakeRoom() {
    ChannelTally a = tallies.acquire(tenant, "a");
    tallies.acquire(tenant, "b").delivered(2, 0, 0);
    ChannelTally c = tallies.acquire(tenant, "c");
    a.delivered(1, 1, 0);
    c.delivered(4, 0, 0);
    assertThat(tallies.stats().channels())
        .extracting(ChannelDeliveries::channel)
        .containsExactlyInAnyOrder("a", "b");
    assertThat(tallies.stats().others().delivered()).isEqualTo(4);

    tallies.release(tenant, "a", a);
    assertThat(tallies.stats().of("acme", "a")).isNotNull();
    tallies.acquire(tenant, "d").delivered(8, 0, 0);
    tallies.release(tenant, "c", c);
    assertThat(tallies.stats().channels())
        .extracting(ChannelDeliveries::channel)
        .containsExactlyInAnyOrder("b", "d");
    assertThat(tallies.stats().others().delivered()).isEqualTo(5);
    assertThat(tallies.stats().others().recovered()).isEqualTo(1);
  }

  @Test
  void whoComesBackGoesOnCounting() {
    ChannelTally first = tallies.acquire(tenant, "a");
    first.delivered(1, 0, 0);
    tallies.release(tenant, "a", first);
    assertThat(tallies.acquire(tenant, "a")).isSameAs(first);
    tallies.acquire(tenant, "b");
    tallies.acquire(tenant, "c").delivered(1, 0, 0);
    assertThat(tallies.stats().others().delivered()).as("a is in use and stays").isEqualTo(1);
  }
}
