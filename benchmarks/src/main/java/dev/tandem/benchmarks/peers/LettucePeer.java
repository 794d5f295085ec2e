package dev.tandem.benchmarks.peers;

import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.StatefulConnection;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.function.Supplier;

/**
 * How Lettuce is used here: its reference guide recommends one connection for all threads, and for
 * loading in bulk its asynchronous commands on a connection that does not flush each of them
 * ("Pipelining and command flushing"), in batches of 50 to 1,000; here {@value #BATCH}.
 */
public final class LettucePeer {
  /** Commands that are flushed together. */
  public static final int BATCH = 1_000;

  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private LettucePeer() {}

  /** A client with the defaults, whose connections end with it. */
  public static RedisClient open(URI url) {
    return RedisClient.create(url.toString());
  }

  /** Calls so many commands, flushes batch by batch, and waits for all replies. */
  public static void inBatches(
      StatefulConnection<?, ?> connection,
      int commands,
      int batch,
      Supplier<RedisFuture<?>> command) {
    UnderWay flushed = new UnderWay();
    connection.setAutoFlushCommands(false);
    try {
      for (int called = 0; called < commands; called += batch) {
        List<RedisFuture<?>> replies = new ArrayList<>(batch);
        for (int i = called; i < Math.min(called + batch, commands); i++) {
          replies.add(command.get());
        }
        connection.flushCommands();
        flushed.sent(() -> await(replies));
      }
      flushed.await();
    } finally {
      connection.setAutoFlushCommands(true);
    }
  }

  private static void await(List<RedisFuture<?>> replies) {
    if (!LettuceFutures.awaitAll(PATIENCE, replies.toArray(Future<?>[]::new))) {
      throw new IllegalStateException("no reply within " + PATIENCE);
    }
  }
}
