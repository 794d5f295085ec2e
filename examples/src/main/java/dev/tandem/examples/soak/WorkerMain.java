package dev.tandem.examples.soak;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.Message;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.Delivery;
import dev.tandem.streams.StreamWorker;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.concurrent.TimeUnit;

/**
 * A worker process. It reads where Redis is from standard input and reports on standard output;
 * when standard input ends, so does it.
 */
final class WorkerMain {
  private static final int POISONED = 3;

  private final PrintStream reports;

  private WorkerMain(PrintStream reports) {
    this.reports = reports;
  }

  /** Runs until standard input ends. */
  public static void main(String[] arguments) {
    // Everything else that prints must not come between the reports.
    PrintStream reports = new PrintStream(new FileOutputStream(FileDescriptor.out), false, UTF_8);
    System.setOut(System.err);
    WorkerMain main = new WorkerMain(reports);
    try {
      main.run(new BufferedReader(new InputStreamReader(System.in, UTF_8)));
    } catch (IOException | RuntimeException e) {
      main.report(WorkerReport.broken(String.valueOf(e.getMessage())));
    }
    // No drain: whoever closed standard input wants this process gone.
    Runtime.getRuntime().halt(0);
  }

  private void run(BufferedReader orders) throws IOException {
    String url = orders.readLine();
    if (url == null) {
      return;
    }
    try (RedisConnection redis = RedisConnection.builder().url(url).lazy().build();
        StreamWorker worker = Scenery.worker(redis, this::handle)) {
      worker.start();
      report(WorkerReport.ready());
      while (orders.readLine() != null) {
        // There are no further orders; the end of the input is what counts.
      }
      Runtime.getRuntime().halt(0);
    }
  }

  private void handle(Message<String> message, Delivery<String> delivery)
      throws InterruptedException {
    long number = Long.parseLong(message.payload());
    report(WorkerReport.Kind.BEGUN, number, delivery);
    Fate fate = Fate.of(number);
    boolean fails =
        switch (fate) {
          case EASY -> false;
          case FAILS_FIRST -> delivery.deliveries() <= 1 + number % 2;
          case ALWAYS_FAILS -> true;
          case OUTLASTS_ITS_LEASE -> {
            TimeUnit.MILLISECONDS.sleep(Scenery.LEASE.toMillis() * 3 / 2);
            yield false;
          }
          case KILLS_ITS_PROCESS -> {
            Runtime.getRuntime().halt(POISONED);
            yield true;
          }
        };
    if (fails) {
      report(WorkerReport.Kind.FAILED, number, delivery);
      throw new IllegalStateException("number " + number + " is to fail");
    }
    report(WorkerReport.Kind.HANDLED, number, delivery);
  }

  private void report(WorkerReport.Kind kind, long number, Delivery<String> delivery) {
    report(new WorkerReport(kind, number, delivery.deliveries(), delivery.id().value()));
  }

  /** One write for each line, so that a reader never sees two mixed. */
  private void report(WorkerReport report) {
    byte[] line = (report.line() + "\n").getBytes(UTF_8);
    reports.write(line, 0, line.length);
    reports.flush();
  }
}
