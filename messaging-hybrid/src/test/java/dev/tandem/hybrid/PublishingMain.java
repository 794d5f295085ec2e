package dev.tandem.hybrid;

import dev.tandem.api.Message;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamTopic;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.concurrent.Semaphore;

/** Publishes in a JVM of its own, without a spool, until it is killed. */
final class PublishingMain {
  static final StreamTopic<String> ORDERS = StreamTopic.of("orders", Serde.string());
  static final Channel<String> BOARD =
      Channel.of("board", Serde.string()).recoverable(Duration.ofHours(1), 1_000_000);

  private static final int MOST_UNDER_WAY = 300;

  private PublishingMain() {}

  /**
   * Arguments: URL, tenant, what the payloads begin with, and whether sent idempotently. Prints
   * {@code sent <payload>} for what was confirmed.
   */
  public static void main(String[] arguments) throws InterruptedException {
    Tenant tenant = Tenant.of(arguments[1]);
    Semaphore underWay = new Semaphore(MOST_UNDER_WAY);
    Route<String> both = Route.toStream(ORDERS).andChannel(BOARD);
    try (RedisConnection redis = RedisConnection.connect(arguments[0]);
        HybridPublisher hybrid = publisher(redis, Boolean.parseBoolean(arguments[3]))) {
      for (int i = 0; ; i++) {
        String payload = arguments[2] + i;
        underWay.acquire();
        var unused =
            hybrid
                .publishAsync(tenant, Message.of("t", payload), both)
                .whenComplete(
                    (receipt, error) -> {
                      if (error == null) {
                        System.out.println("sent " + payload);
                      }
                      underWay.release();
                    });
      }
    }
  }

  private static HybridPublisher publisher(RedisConnection redis, boolean idempotent) {
    HybridPublisherBuilder builder = HybridPublisher.builder(redis);
    return (idempotent ? builder.idempotent() : builder).build();
  }
}
