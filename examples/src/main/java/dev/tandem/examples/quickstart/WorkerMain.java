package dev.tandem.examples.quickstart;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.Delivery;
import dev.tandem.streams.StreamWorker;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Worker B: a process of its own, so that it can be killed like one. It reads its settings and then
 * orders from standard input and reports on standard output; when standard input ends, so does it.
 */
final class WorkerMain {
  /** The order to go on taking messages but to finish none of them any more. */
  static final String HOLD = "hold";

  private final PrintStream reports;
  private final CountDownLatch never = new CountDownLatch(1);
  private final AtomicLong held = new AtomicLong();
  private volatile boolean holding;

  private WorkerMain(PrintStream reports) {
    this.reports = reports;
  }

  /** Runs until standard input ends. */
  public static void main(String[] arguments) {
    // Everything else that prints must not come between the reports.
    PrintStream reports = new PrintStream(new FileOutputStream(FileDescriptor.out), false, UTF_8);
    System.setOut(System.err);
    int status = 0;
    try {
      new WorkerMain(reports).run(new BufferedReader(new InputStreamReader(System.in, UTF_8)));
    } catch (IOException | InterruptedException | RuntimeException e) {
      report(reports, WorkerReport.failed(String.valueOf(e.getMessage())));
      status = 1;
    }
    // No drain: whoever closed standard input wants this process gone.
    Runtime.getRuntime().halt(status);
  }

  private void run(BufferedReader orders) throws IOException, InterruptedException {
    WorkerSettings settings = WorkerSettings.readFrom(orders);
    try (RedisConnection redis = RedisConnection.connect(settings.redisUrl());
        StreamWorker worker = settings.worker(redis, (message, delivery) -> handle(delivery))) {
      WorkerSettings.start(worker, "B");
      report(reports, WorkerReport.ready(worker.consumer()));
      for (String order = orders.readLine(); order != null; order = orders.readLine()) {
        holding |= order.equals(HOLD);
      }
      Runtime.getRuntime().halt(0);
    }
  }

  private void handle(Delivery<String> delivery) throws InterruptedException {
    if (holding) {
      report(reports, WorkerReport.holding(held.incrementAndGet()));
      never.await();
    }
    report(
        reports,
        WorkerReport.handled(
            delivery.tenant().name(), delivery.id().value(), delivery.deliveries()));
  }

  /** One write for each line, so that a reader never sees two mixed. */
  private static void report(PrintStream reports, WorkerReport report) {
    byte[] line = (report.line() + "\n").getBytes(UTF_8);
    reports.write(line, 0, line.length);
    reports.flush();
  }
}
