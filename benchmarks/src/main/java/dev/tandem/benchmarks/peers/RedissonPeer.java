package dev.tandem.benchmarks.peers;

import java.net.URI;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.redisson.Redisson;
import org.redisson.api.BatchOptions;
import org.redisson.api.RBatch;
import org.redisson.api.RFuture;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.ByteArrayCodec;
import org.redisson.config.Config;

/**
 * How Redisson is used here: the codec for bytes that are bytes already ("Data serialization"), and
 * {@code RBatch} for many commands in one network call ("Pipelining"), several under way by {@code
 * executeAsync}; not {@code skipResult}, with which nobody knows what was stored. Of its
 * configuration ("Single mode") two things differ from what it comes with: the connections that are
 * held open are as many as threads use, and one connection takes as many subscriptions as there
 * are, where that is more than five. Its documentation names no size for a batch; {@value #BATCH}
 * is the most that Lettuce's does.
 */
public final class RedissonPeer {
  /** Commands in a batch. */
  public static final int BATCH = 1_000;

  private static final int DEFAULT_PORT = 6379;

  /** Subscriptions on one connection as it comes. */
  private static final int SUBSCRIPTIONS_EACH = 5;

  private RedissonPeer() {}

  /**
   * A client with so many connections for commands. More than a work uses at a time would only make
   * it slow to open.
   */
  public static RedissonClient open(URI url, int connections) {
    return open(url, connections, SUBSCRIPTIONS_EACH);
  }

  /** A client that has room for so many subscriptions on one connection. */
  public static RedissonClient forSubscriptions(URI url, int subscriptions) {
    return open(url, 1, Math.max(SUBSCRIPTIONS_EACH, subscriptions));
  }

  private static RedissonClient open(URI url, int connections, int subscriptionsEach) {
    Config config = new Config().setCodec(ByteArrayCodec.INSTANCE);
    int port = url.getPort() < 0 ? DEFAULT_PORT : url.getPort();
    String user = url.getUserInfo() == null ? "" : url.getRawUserInfo() + "@";
    String path = url.getPath() == null ? "" : url.getPath().replace("/", "");
    config
        .useSingleServer()
        .setAddress(url.getScheme() + "://" + user + url.getHost() + ":" + port)
        .setDatabase(path.isEmpty() ? 0 : Integer.parseInt(path))
        .setConnectionMinimumIdleSize(connections)
        .setConnectionPoolSize(connections)
        .setSubscriptionsPerConnection(subscriptionsEach);
    return Redisson.create(config);
  }

  /** Ends a client at once: nothing that still runs is waited for. */
  public static void close(RedissonClient client) {
    client.shutdown(0, 5, TimeUnit.SECONDS);
  }

  /** Calls so many commands in batches, and waits for all replies. */
  public static void inBatches(
      RedissonClient client, int commands, int batch, Consumer<Commands> filling) {
    UnderWay executed = new UnderWay();
    for (int called = 0; called < commands; called += batch) {
      RBatch filled = client.createBatch(BatchOptions.defaults());
      filling.accept(new Commands(filled, Math.min(batch, commands - called)));
      RFuture<?> replies = filled.executeAsync();
      executed.sent(() -> replies.toCompletableFuture().join());
    }
    executed.await();
  }

  /**
   * A batch to be filled.
   *
   * @param batch takes the commands
   * @param count how many
   */
  public record Commands(RBatch batch, int count) {}
}
