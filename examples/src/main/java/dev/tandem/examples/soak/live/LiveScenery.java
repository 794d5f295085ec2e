package dev.tandem.examples.soak.live;

import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.List;

/** What publishers, subscriber processes and the checker agree on. */
final class LiveScenery {
  /** Whose messages they are. */
  static final Tenant TENANT = Tenant.of("soak");

  /** How many subscriber processes there are. */
  static final int SUBSCRIBERS = 3;

  /** How many publishers there are while things break. */
  static final int PUBLISHERS = 2;

  /** How often a subscriber reports its counts. */
  static final Duration STATS_EVERY = Duration.ofMillis(200);

  /** Each message is its number in decimal. The last channel keeps so few that some are missed. */
  static final List<Channel<String>> CHANNELS =
      List.of(channel("board", 100_000), channel("news", 100_000), channel("ticker", 100));

  private static final int MOST_QUEUED = 64;
  private static final int MOST_REPLAYED = 1_000_000;

  private LiveScenery() {}

  private static Channel<String> channel(String name, int maxMessages) {
    return Channel.of(name, Serde.string()).recoverable(Duration.ofHours(1), maxMessages);
  }

  /** A connection that does not wait long. */
  static RedisConnection connection(String url) {
    return RedisConnection.builder()
        .url(url)
        .replyTimeout(Duration.ofSeconds(2))
        .connectTimeout(Duration.ofSeconds(1))
        .lazy()
        .build();
  }

  /** A bus that soon looks for what it may have missed. */
  static LiveBus bus(RedisConnection redis) {
    return LiveBus.builder(redis)
        .probeAfter(Duration.ofSeconds(1))
        .tailCheckInterval(Duration.ofMillis(500))
        .build();
  }

  /** How a subscriber process subscribes, wherever it begins. */
  static SubscribeOptions patient(SubscribeOptions beginning) {
    return beginning.maxReplay(MOST_REPLAYED).queueLimit(MOST_QUEUED);
  }
}
