package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static dev.tandem.pubsub.Buses.numbers;
import static dev.tandem.pubsub.Buses.publish;
import static dev.tandem.pubsub.ChannelPatternIT.active;
import static dev.tandem.pubsub.ChannelPatternIT.pattern;

import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisCluster;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** On a Cluster a tenant's index lies where its channels do, and tenants on different nodes. */
@Timeout(120)
class PatternClusterIT {
  @Test
  void tenantsOfAllNodes() throws Exception {
    try (RedisCluster cluster = RedisCluster.builder().start();
        RedisConnection redis = RedisConnection.cluster(cluster.urls().toArray(String[]::new));
        LiveBus bus = LiveBus.builder(redis).tailCheckInterval(Buses.TAIL).build()) {
      Map<Tenant, ByChannel> listeners = new HashMap<>();
      for (int i = 0; i < 12; i++) {
        Tenant tenant = Tenant.of("t" + i);
        bus.publish(tenant, channel("a.old"), message("before"));
        ByChannel listener = new ByChannel();
        listeners.put(tenant, listener);
        active(bus.subscribe(tenant, pattern("a.*"), SubscribeOptions.fromNow(), listener));
      }
      for (Tenant tenant : listeners.keySet()) {
        publish(bus, tenant, channel("a.old"), numbers("m", 1, 20));
        publish(bus, tenant, channel("a.new"), numbers("m", 1, 20));
        bus.publish(tenant, ChannelBatch.of().add(channel("a.batch"), message("one")));
      }
      for (ByChannel listener : listeners.values()) {
        listener.assertExactly(
            Map.of(
                "a.old", numbers("m", 1, 20),
                "a.new", numbers("m", 1, 20),
                "a.batch", List.of("one")));
      }
    }
  }
}
