package dev.tandem.examples.soak;

import dev.tandem.api.RetryPolicy;
import dev.tandem.api.serde.Serde;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamHandler;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.StreamWorker;
import dev.tandem.tenant.Tenant;
import java.time.Duration;

/** What producers, workers and the checker agree on. */
final class Scenery {
  /** Whose messages they are. */
  static final Tenant TENANT = Tenant.of("soak");

  /** Where they are published: each is a number in decimal. */
  static final StreamTopic<String> TOPIC = StreamTopic.of("numbers", Serde.string());

  /** Who handles them. */
  static final String GROUP = "workers";

  /** How long a silent worker keeps what it holds. */
  static final Duration LEASE = Duration.ofSeconds(1);

  /** How often a message is delivered before it is given up. */
  static final int MOST_DELIVERIES = 8;

  /** How many worker processes there are. */
  static final int WORKERS = 3;

  private static final int CONCURRENCY = 16;

  private Scenery() {}

  /** A worker of the group, not started yet. */
  static StreamWorker worker(RedisConnection redis, StreamHandler<String> handler) {
    return StreamWorker.builder(redis, TOPIC)
        .tenant(TENANT)
        .group(GROUP)
        .concurrency(CONCURRENCY)
        .lease(LEASE)
        .retry(
            RetryPolicy.exponential(Duration.ofMillis(20), Duration.ofSeconds(1))
                .maxDeliveries(MOST_DELIVERIES))
        .handler(handler)
        .build();
  }
}
