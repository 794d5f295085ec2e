package dev.tandem.examples.soak.hybrid;

import dev.tandem.api.RetryPolicy;
import dev.tandem.api.serde.Serde;
import dev.tandem.hybrid.FixedRoute;
import dev.tandem.hybrid.Route;
import dev.tandem.pubsub.Channel;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.Trimming;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.List;

/** What publishers, workers, subscribers and the checker agree on. */
final class HybridScenery {
  /** Whose messages they are: names that begin alike. */
  static final List<Tenant> TENANTS =
      List.of(Tenant.of("acme"), Tenant.of("acme-2"), Tenant.of("acme-22"));

  /** What is published. Its channel keeps so little that who was away needs the stream. */
  static final Pair PAYMENTS = new Pair("payments", "board", 500);

  /** What transactions publish, one for each payment. */
  static final Pair RECEIPTS = new Pair("receipts", "notices", 1_000_000);

  /** Each with its channel. */
  static final List<Pair> PAIRS = List.of(PAYMENTS, RECEIPTS);

  /** Waits while Redis is away, and publishes once. */
  static final int PATIENT = 0;

  /** Fails at once, and may be left with outcomes that nobody knows. */
  static final int HASTY = 1;

  /** Has a spool, and a process of its own that is killed. */
  static final int SPOOLING = 2;

  /** How many publishers there are. */
  static final int PUBLISHERS = 3;

  /** Who handles payments. */
  static final String GROUP = "billing";

  /** The state in which workers count what they handle. */
  static final String STATE = "totals";

  /** The field of that. */
  static final String HANDLED = "handled";

  /** How many worker processes there are. */
  static final int WORKERS = 2;

  /** How many subscriptions there are to each channel: one stays, one leaves and comes back. */
  static final int WATCHERS = 2;

  /** How long a silent worker keeps what it holds. */
  static final Duration LEASE = Duration.ofSeconds(1);

  /** So often that no chance of a kill makes a dead letter. */
  static final RetryPolicy RETRY = RetryPolicy.fixed(Duration.ofMillis(20)).maxDeliveries(1_000);

  private HybridScenery() {}

  /** A stream that is never trimmed, and the channel to which the same is published. */
  record Pair(StreamTopic<String> topic, Channel<String> channel, FixedRoute<String> route) {
    Pair(String stream, String channel, int kept) {
      this(
          StreamTopic.of(stream, Serde.string()).trimming(Trimming.none()),
          Channel.of(channel, Serde.string()).recoverable(Duration.ofHours(24), kept));
    }

    private Pair(StreamTopic<String> topic, Channel<String> channel) {
      this(topic, channel, Route.toStream(topic).andChannel(channel));
    }

    @Override
    public String toString() {
      return topic.name();
    }
  }

  /** A connection that does not wait long. */
  static RedisConnection connection(String url) {
    return RedisConnection.builder()
        .url(url)
        .connectTimeout(Duration.ofSeconds(1))
        .replyTimeout(Duration.ofSeconds(2))
        .circuitBreaker(10, Duration.ofMillis(200))
        .lazy()
        .build();
  }
}
