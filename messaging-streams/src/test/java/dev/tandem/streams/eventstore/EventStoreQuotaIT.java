package dev.tandem.streams.eventstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.Message;
import dev.tandem.api.error.QuotaExceededException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.quota.TenantQuota;
import dev.tandem.tenant.quota.TenantQuotas;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@RedisTest
@Timeout(60)
class EventStoreQuotaIT {
  private final EventFixture fixture;
  private final Tenant neighbour;
  private final RedisConnection redis;
  private final EventStore store;

  EventStoreQuotaIT(RedisServer server, @UniqueTenant String name) {
    this.fixture = new EventFixture(server.url(), name);
    this.neighbour = Tenant.of(name + "2");
    this.redis = RedisConnection.builder().url(server.url()).enforceQuotas().build();
    this.store = EventStore.of(redis);
  }

  @AfterEach
  void close() {
    fixture.close();
    redis.close();
  }

  private AppendResult append(Tenant tenant, String... payloads) {
    List<Message<String>> events =
        List.of(payloads).stream().map(payload -> Message.of("done", payload)).toList();
    return store.append(tenant, fixture.category, "a", ExpectedVersion.any(), events);
  }

  private void isRefused(String quota, String... payloads) {
    assertThatThrownBy(() -> append(fixture.tenant, payloads))
        .isInstanceOfSatisfying(
            QuotaExceededException.class, e -> assertThat(e.quota()).isEqualTo(quota));
  }

  @Test
  void oneEventThatIsTooLargeRefusesTheWholeAppend() {
    TenantQuotas.of(redis).set(fixture.tenant, TenantQuota.builder().payloadSize(5).build());
    isRefused("payload-size", "small", "too large", "small");
    assertThat(store.exists(fixture.tenant, fixture.category, "a")).isFalse();
    assertThat(append(fixture.tenant, "small", "small").version()).isEqualTo(2);
    assertThat(append(neighbour, "too large").version()).isEqualTo(1);
  }

  @Test
  void eventsBeyondTheRateAreRefusedTogether() {
    TenantQuotas.of(redis).set(fixture.tenant, TenantQuota.builder().publishRate(3).build());
    isRefused("publish-rate", "1", "2", "3", "4");
    assertThat(store.exists(fixture.tenant, fixture.category, "a")).isFalse();
    assertThat(append(fixture.tenant, "1", "2", "3").version()).isEqualTo(3);
    assertThat(append(neighbour, "1", "2", "3", "4").version()).isEqualTo(4);
    assertThat(redis.metrics().counter("tandem.quota.refused.publish-rate").getCount())
        .isEqualTo(4);
  }
}
