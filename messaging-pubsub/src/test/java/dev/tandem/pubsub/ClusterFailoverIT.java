package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.active;
import static dev.tandem.pubsub.Buses.channel;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Position;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisCluster;
import dev.tandem.testkit.RedisServer;
import java.time.Duration;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * In a Cluster a channel's log lies on one node, and a bus listens on any: either may go, or both
 * at once, while one publishes and another listens. No tail check comes to help, as in {@link
 * SentinelFailoverIT}, unless nothing else can tell.
 */
@Timeout(240)
class ClusterFailoverIT {
  private final Buses buses = new Buses();
  private RedisCluster cluster;

  @BeforeEach
  void start() {
    cluster = RedisCluster.builder().replicas(1).start();
  }

  @AfterEach
  void stop() {
    buses.close();
    cluster.close();
  }

  private LiveBus bus() {
    return bus(SentinelFailoverIT.NO_TAIL_CHECK);
  }

  private LiveBus bus(Duration tailCheckInterval) {
    return buses.bus(
        RedisConnection.builder().cluster(cluster.urls().toArray(String[]::new)),
        options ->
            options
                .tailCheckInterval(tailCheckInterval)
                .publishRetry(SentinelFailoverIT.UNTIL_IT_WORKS));
  }

  /** A bus, and the node that it listens on: whatever channel it is, a bus has one connection. */
  private record Listening(LiveBus bus, RedisServer node) {}

  private Listening listening() throws Exception {
    LiveBus bus = bus();
    String scout = bus.instanceId();
    active(
        bus.subscribe(
            Tenant.of("scout"), channel(scout), SubscribeOptions.fromNow(), new Recorder()));
    RedisServer node =
        cluster.nodes().stream()
            .filter(one -> Long.valueOf(1).equals(Buses.subscribed(one, "{scout}", scout)))
            .findFirst()
            .orElseThrow();
    return new Listening(bus, node);
  }

  private Listening listeningOnPrimary() throws Exception {
    Listening listening = listening();
    for (int i = 0; i < 50 && cluster.replicasOf(listening.node).isEmpty(); i++) {
      listening.bus.close();
      listening = listening();
    }
    return listening;
  }

  private RedisServer ownerOf(Tenant tenant) {
    return cluster.nodeOf("tenant:{" + tenant.name() + "}:channel:board:meta");
  }

  private Tenant tenantOn(Predicate<RedisServer> owner) {
    return IntStream.range(0, 1_000)
        .mapToObj(i -> Tenant.of("t" + i))
        .filter(tenant -> owner.test(ownerOf(tenant)))
        .findFirst()
        .orElseThrow();
  }

  private FailoverStory story(LiveBus subscriber, Tenant tenant) throws Exception {
    return new FailoverStory(bus(), subscriber, tenant, "{" + tenant.name() + "}");
  }

  private void awaitOwner(Tenant tenant, RedisServer expected) {
    await().atMost(Recorder.PATIENCE).until(() -> ownerOf(tenant) == expected);
  }

  /**
   * Publishes and listens before and after something happens.
   *
   * @param owner who has the tenant's slot then
   * @return what is lost
   */
  private Set<Position> goesOn(LiveBus subscriber, Tenant tenant, Runnable fault, RedisServer owner)
      throws Exception {
    RedisServer before = ownerOf(tenant);
    try (FailoverStory story = story(subscriber, tenant)) {
      story.publishSteadily();
      story.awaitFlow();
      Position known = story.position();
      Replicas.awaitInSync(before, replicaOf(before));

      fault.run();
      awaitOwner(tenant, owner);
      story.awaitFlow();
      story.awaitEnd();

      Set<Position> lost = story.judge(owner);
      story.assertResumes(bus(), known, owner);
      return lost;
    }
  }

  private RedisServer replicaOf(RedisServer owner) {
    return cluster.replicasOf(owner).get(0);
  }

  @Test
  void goesOnWhenTheNodeThatHoldsTheChannelIsKilled() throws Exception {
    Listening listening = listening();
    Tenant tenant = tenantOn(owner -> owner != listening.node);
    RedisServer owner = ownerOf(tenant);

    goesOn(listening.bus, tenant, owner::kill, replicaOf(owner));
  }

  @Test
  void goesOnWhenTheNodeThatHoldsTheChannelAndIsListenedOnIsKilled() throws Exception {
    Listening listening = listeningOnPrimary();
    Tenant tenant = tenantOn(owner -> owner == listening.node);

    goesOn(listening.bus, tenant, listening.node::kill, replicaOf(listening.node));
  }

  @Test
  void losesNothingWhenTheNodeListenedOnIsKilled() throws Exception {
    Listening listening = listening();
    Tenant tenant = tenantOn(owner -> owner != listening.node);

    assertThat(goesOn(listening.bus, tenant, listening.node::kill, ownerOf(tenant))).isEmpty();
  }

  @Test
  void losesNothingWhenAReplicaTakesOverByCommand() throws Exception {
    Tenant tenant = Tenant.of("acme");
    RedisServer replica = replicaOf(ownerOf(tenant));

    assertThat(goesOn(bus(), tenant, () -> replica.execute("CLUSTER", "FAILOVER"), replica))
        .isEmpty();
  }

  @Test
  void tellsOfAcknowledgedMessagesThatTheReplicaNeverGot() throws Exception {
    Tenant tenant = Tenant.of("acme");
    RedisServer owner = ownerOf(tenant);
    RedisServer replica = replicaOf(owner);
    // Who listens on another node keeps its connection: while nobody publishes, the tail check
    // tells.
    try (FailoverStory story = story(bus(Buses.TAIL), tenant)) {
      story.tellsOfWhatAReplicaNeverGot(
          owner,
          replica,
          bus(),
          () -> {
            owner.kill();
            awaitOwner(tenant, replica);
          });
    }
  }
}
