package dev.tandem.examples.soak.hybrid;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.Message;
import dev.tandem.hybrid.HybridTransaction;
import dev.tandem.hybrid.HybridTransactions;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamWorker;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;

/**
 * A worker process, which makes a receipt of each payment, in transactions. It reads where Redis is
 * from standard input; when that ends, so does it.
 */
final class WorkerMain {
  private WorkerMain() {}

  /** Runs until standard input ends. */
  public static void main(String[] arguments) {
    PrintStream reports = ProcessReport.out();
    try {
      run(new BufferedReader(new InputStreamReader(System.in, UTF_8)), reports);
    } catch (IOException | RuntimeException e) {
      ProcessReport.broken(e).tell(reports);
    }
    // No drain: whoever closed standard input wants this process gone.
    Runtime.getRuntime().halt(0);
  }

  private static void run(BufferedReader orders, PrintStream reports) throws IOException {
    String url = orders.readLine();
    if (url == null) {
      return;
    }
    try (RedisConnection redis = HybridScenery.connection(url);
        StreamWorker worker =
            StreamWorker.builder(redis, HybridScenery.PAYMENTS.topic())
                .tenants(HybridScenery.TENANTS)
                .group(HybridScenery.GROUP)
                .lease(HybridScenery.LEASE)
                .retry(HybridScenery.RETRY)
                .transactional(HybridTransactions.create().handler(WorkerMain::handle))
                .build()) {
      worker.start();
      ProcessReport.of(ProcessReport.Kind.READY, 0).tell(reports);
      while (orders.readLine() != null) {
        // There are no further orders; the end of the input is what counts.
      }
      Runtime.getRuntime().halt(0);
    }
  }

  private static void handle(Message<String> payment, HybridTransaction<String> transaction) {
    transaction.state(HybridScenery.STATE).increment(HybridScenery.HANDLED, 1);
    transaction.publish(Message.of("receipt", payment.payload()), HybridScenery.RECEIPTS.route());
  }
}
