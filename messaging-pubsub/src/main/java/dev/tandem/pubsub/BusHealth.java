package dev.tandem.pubsub;

import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.lifecycle.Lifecycle;
import dev.tandem.pubsub.internal.BusThreads;
import dev.tandem.pubsub.internal.link.SubscriberConnection;
import dev.tandem.pubsub.internal.subscribe.Feeds;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.RedisKey;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * How a bus is doing, by what arrived.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class BusHealth {
  private static final int MOST_NAMED = 3;

  private final String instanceId;
  private final RedisConnection redis;
  private final Feeds feeds;
  private final BusThreads threads;
  private final Lifecycle lifecycle;
  private final Clock clock;
  private final Duration probeAfter;

  BusHealth(
      String instanceId,
      RedisConnection redis,
      Feeds feeds,
      BusThreads threads,
      Lifecycle lifecycle,
      Clock clock,
      Duration probeAfter) {
    this.instanceId = instanceId;
    this.redis = redis;
    this.feeds = feeds;
    this.threads = threads;
    this.lifecycle = lifecycle;
    this.clock = clock;
    this.probeAfter = probeAfter;
  }

  Health now() {
    if (lifecycle.state().isFinal()) {
      return new Health(Health.Status.DOWN, "live bus " + instanceId + " is closed", null);
    }
    SubscriberConnection connection = feeds.connection();
    if (!connection.isStarted()) {
      return redis.health();
    }
    Duration silence = connection.silence();
    Instant proof = silence == null ? null : clock.instant().minus(silence);
    if (silence == null || !connection.isConfirmed()) {
      return new Health(Health.Status.DOWN, "subscriber connection is being made", proof);
    }
    if (silence.compareTo(probeAfter.multipliedBy(2)) > 0) {
      return new Health(
          Health.Status.DEGRADED, "subscriber connection is silent for " + silence, proof);
    }
    if (threads.isSaturated()) {
      return new Health(
          Health.Status.DEGRADED, "listeners block all delivery threads and others wait", proof);
    }
    int forbidden = connection.forbidden();
    if (forbidden > 0) {
      return new Health(
          Health.Status.DEGRADED,
          "no permission to subscribe to " + named(connection, forbidden),
          proof);
    }
    long behind = feeds.channelsBehind();
    return behind > 0
        ? new Health(Health.Status.DEGRADED, behind + " channels are catching up", proof)
        : new Health(Health.Status.UP, "live bus " + instanceId + " delivers", proof);
  }

  private static String named(SubscriberConnection connection, int forbidden) {
    List<String> some =
        connection.someForbidden(MOST_NAMED).stream().map(RedisKey::text).sorted().toList();
    int others = forbidden - some.size();
    return String.join(", ", some) + (others > 0 ? " and " + others + " more" : "");
  }
}
