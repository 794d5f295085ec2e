package dev.tandem.streams;

import static dev.tandem.streams.Fixture.GROUP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.streams.internal.group.ConsumerName;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The names that Tandem keeps for itself are left alone, whatever they hold. */
@RedisTest
class ReservedConsumersIT {
  private final Fixture fixture;
  private final StreamAdmin admin;

  ReservedConsumersIT(RedisServer server, @UniqueTenant String tenant) {
    fixture = new Fixture(server.url(), tenant);
    admin = StreamAdmin.of(fixture.redis);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ConsumerName.PARKED,
        ConsumerName.RELEASED,
        ConsumerName.ORPHANED,
        ConsumerName.MARK_PREFIX + "1",
        ConsumerName.BACK_PREFIX + "1"
      })
  void aReservedConsumerIsNotDeleted(String name) {
    fixture.createGroup();
    fixture.run("XGROUP", "CREATECONSUMER", fixture.stream(), GROUP, name);
    String topic = fixture.topic.name();
    assertThatThrownBy(() -> admin.deleteConsumer(fixture.tenant, topic, GROUP, name))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("keeps for itself");
    fixture.send("m");
    fixture.readAs(name, 1);
    assertThatThrownBy(() -> admin.forceDeleteConsumer(fixture.tenant, topic, GROUP, name))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("keeps for itself");
    assertThat(fixture.consumers()).containsExactly(name);
    assertThat(fixture.pendingOf(name)).hasSize(1);
    assertThat(admin.consumers(fixture.tenant, topic, GROUP))
        .allSatisfy(consumer -> assertThat(consumer.reserved()).isTrue());
  }
}
