package dev.tandem.pubsub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.Position;
import dev.tandem.api.RetryPolicy;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisSentinel;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisSource;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A Sentinel puts a replica in the primary's place while one publishes and another listens. No tail
 * check comes to help: what was missed is found when the connection is made again.
 */
@Timeout(240)
class SentinelFailoverIT {
  private static final Duration PATIENCE = Recorder.PATIENCE;

  /** Long enough for a replica whose link was down before the primary went: ten times this. */
  private static final Duration DOWN_AFTER = Duration.ofSeconds(2);

  static final Duration NO_TAIL_CHECK = Duration.ofHours(1);
  static final RetryPolicy UNTIL_IT_WORKS =
      RetryPolicy.fixed(Duration.ofMillis(200)).maxDeliveries(500);

  private final Buses buses = new Buses();
  private RedisServer primary;
  private RedisServer replica;
  private RedisSentinel sentinel;
  private FailoverStory story;

  @BeforeEach
  void start() throws Exception {
    RedisSource source = RedisSource.detect();
    primary =
        RedisServer.builder()
            .source(source instanceof RedisSource.Executable ? source : RedisSource.embedded())
            .start();
    replica = primary.startReplica();
    sentinel = RedisSentinel.watching("main", primary, DOWN_AFTER, "");
    sentinel.awaitReplicas(1, PATIENCE);
    story = new FailoverStory(bus(), bus(), Tenant.of("acme"), "acme");
  }

  private LiveBus bus() {
    return buses.bus(
        RedisConnection.builder().sentinel("main", sentinel.url()),
        options -> options.tailCheckInterval(NO_TAIL_CHECK).publishRetry(UNTIL_IT_WORKS));
  }

  @AfterEach
  void stop() {
    story.close();
    buses.close();
    sentinel.close();
    replica.close();
    primary.close();
  }

  @Test
  void goesOnWhenThePrimaryIsKilled() throws Exception {
    story.publishSteadily();
    story.awaitFlow();
    Position known = story.position();
    replica.awaitInSync();

    primary.kill();
    sentinel.awaitPrimary(replica, PATIENCE);
    story.awaitFlow();
    story.awaitEnd();

    story.judge(replica);
    story.assertResumes(bus(), known, replica);
  }

  @Test
  void goesOnWhenThePrimaryWasFrozenAndComesBackAsReplica() throws Exception {
    story.publishSteadily();
    story.awaitFlow();
    Position known = story.position();
    replica.awaitInSync();

    primary.pause();
    sentinel.awaitPrimary(replica, PATIENCE);
    primary.resume();
    sentinel.awaitReplicas(1, PATIENCE); // until then both are primaries
    story.awaitFlow();
    story.awaitEnd();

    story.judge(replica);
    story.assertResumes(bus(), known, replica);
  }

  @Test
  void tellsOfAcknowledgedMessagesThatTheReplicaNeverGot() throws Exception {
    story.tellsOfWhatAReplicaNeverGot(
        primary,
        replica,
        bus(),
        () -> {
          primary.kill();
          sentinel.awaitPrimary(replica, PATIENCE);
        });
    assertThat(primary.alive()).isFalse();
  }
}
