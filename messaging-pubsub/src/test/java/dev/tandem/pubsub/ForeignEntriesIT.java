package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.active;
import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.export.ExportPage;
import dev.tandem.pubsub.internal.frame.StoredFrames;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What somebody else adds to a buffer stops neither its channel nor those of the same batch. */
@RedisTest
class ForeignEntriesIT {
  private static final String LARGEST = "18446744073709551615-18446744073709551615";

  private final Buses buses = new Buses();
  private final RedisServer server;
  private final Tenant tenant;
  private final LiveBus bus;

  ForeignEntriesIT(RedisServer server, @UniqueTenant String name) {
    this.server = server;
    this.tenant = Tenant.of(name);
    this.bus = buses.bus(server.url());
  }

  @AfterEach
  void close() {
    buses.close();
  }

  private String buffer(String channel) {
    return "tenant:" + tenant.name() + ":channel:" + channel + ":buffer";
  }

  private Recorder subscribed(String channel) throws Exception {
    Recorder recorder = new Recorder();
    active(bus.subscribe(tenant, channel(channel), SubscribeOptions.fromNow(), recorder));
    return recorder;
  }

  @ParameterizedTest
  @ValueSource(strings = {LARGEST, "9007199254740993-5", "*"})
  void theChannelsOfABatchGoOn(String id) throws Exception {
    Recorder one = subscribed("one");
    Recorder two = subscribed("two");
    bus.publish(tenant, channel("one"), message("m1"));
    bus.publish(tenant, channel("two"), message("m1"));
    server.execute("XADD", buffer("two"), id, "a", "b");

    bus.publish(
        tenant,
        ChannelBatch.of().add(channel("one"), message("m2")).add(channel("two"), message("m2")));

    one.assertExactly(List.of("m1", "m2"));
    two.assertExactly(List.of("m1", "m2"));
    assertThat(StoredFrames.of(server, buffer("two"))).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {LARGEST, "9007199254740993-5", "*"})
  void anExportGivesTheRest(String id) {
    bus.publish(tenant, channel("board"), message("m1"));
    server.execute("XADD", buffer("board"), id, "a", "b");
    try (RedisConnection redis = RedisConnection.connect(server.url())) {
      ExportPage page = ChannelExport.builder(redis, tenant).build().page(null);
      assertThat(page.lines()).anySatisfy(line -> assertThat(line).contains("bTE=")); // m1
    }
  }
}
