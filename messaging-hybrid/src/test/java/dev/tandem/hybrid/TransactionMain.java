package dev.tandem.hybrid;

import static dev.tandem.hybrid.TransactionStage.BOARD;
import static dev.tandem.hybrid.TransactionStage.BOTH;
import static dev.tandem.hybrid.TransactionStage.GROUP;
import static dev.tandem.hybrid.TransactionStage.ORDERS;
import static dev.tandem.hybrid.TransactionStage.STATE;
import static dev.tandem.hybrid.TransactionStage.TICKER;

import dev.tandem.api.Message;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamWorker;
import dev.tandem.tenant.Tenant;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * A JVM of its own that handles orders in transactions, so that it can be killed. An order "halt"
 * that it gets for the first time ends it when all is said and nothing committed.
 */
final class TransactionMain {
  private TransactionMain() {}

  static Process start(String url, Tenant tenant) throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return new ProcessBuilder(
            List.of(
                java,
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                TransactionMain.class.getName(),
                url,
                tenant.name()))
        .redirectOutput(Redirect.DISCARD)
        .redirectError(Redirect.DISCARD)
        .start();
  }

  static void handle(Message<String> message, HybridTransaction<String> transaction) {
    transaction.state(STATE).increment("handled", 1);
    transaction.publish(BOARD, Message.of("seen", message.payload() + " seen"));
    transaction.publish(Message.of("paid", message.payload() + " paid"), BOTH.andChannel(TICKER));
    if (message.payload().startsWith("halt") && !transaction.delivery().isRedelivery()) {
      Runtime.getRuntime().halt(1);
    }
  }

  public static void main(String[] args) throws InterruptedException {
    try (RedisConnection redis = RedisConnection.builder().url(args[0]).lazy().build();
        StreamWorker worker =
            StreamWorker.builder(redis, ORDERS)
                .tenant(Tenant.of(args[1]))
                .group(GROUP)
                .lease(Duration.ofSeconds(1))
                .transactional(HybridTransactions.create().handler(TransactionMain::handle))
                .build()) {
      worker.start();
      new CountDownLatch(1).await();
    }
  }
}
