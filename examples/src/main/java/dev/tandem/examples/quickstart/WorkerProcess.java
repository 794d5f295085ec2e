package dev.tandem.examples.quickstart;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Worker B, seen from the quickstart. It dies with this process at the latest.
 *
 * <p>Thread safety: safe for use by many threads. A daemon thread reads the reports.
 */
final class WorkerProcess implements AutoCloseable {
  private static final Duration LONGEST_START = WorkerSettings.LONGEST_START.plusSeconds(10);
  private static final Duration LONGEST_END = Duration.ofSeconds(5);

  private final Process process;
  private final PrintStream orders;
  private final Tally tally;
  private final CountDownLatch readyOrEnded = new CountDownLatch(1);
  private final Thread reader = new Thread(this::readReports, "quickstart-worker-b-reports");
  private final Thread atExit = new Thread(this::end, "quickstart-worker-b-end");
  private volatile boolean ended;
  private volatile boolean killed;
  private volatile long holding;
  private volatile String consumer = "";
  private volatile String failure = "";

  private WorkerProcess(Process process, Tally tally) {
    this.process = process;
    this.orders = new PrintStream(process.getOutputStream(), true, UTF_8);
    this.tally = tally;
  }

  /** Starts the process; {@link #awaitReady} says when it works. */
  static WorkerProcess start(WorkerSettings settings, Tally tally) {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    ProcessBuilder builder =
        new ProcessBuilder(
                java,
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                WorkerMain.class.getName())
            .redirectError(Redirect.INHERIT);
    try {
      WorkerProcess worker = new WorkerProcess(builder.start(), tally);
      worker.begin(settings);
      return worker;
    } catch (IOException e) {
      throw QuickstartException.failed("worker B cannot be started: " + e.getMessage(), e);
    }
  }

  private void begin(WorkerSettings settings) {
    Runtime.getRuntime().addShutdownHook(atExit);
    reader.setDaemon(true);
    reader.start();
    settings.writeTo(orders);
  }

  /**
   * Waits until it reads the streams.
   *
   * @throws QuickstartException if it ends or takes too long
   */
  void awaitReady() throws InterruptedException {
    boolean inTime = readyOrEnded.await(LONGEST_START.toMillis(), TimeUnit.MILLISECONDS);
    checkRunning();
    if (!inTime) {
      throw QuickstartException.failed(
          "worker B was not ready within " + LONGEST_START.toSeconds() + " s", null);
    }
  }

  /**
   * Says so if it ended without having been killed from here.
   *
   * @throws QuickstartException if it did
   */
  void checkRunning() {
    if (killed || (!ended && failure.isEmpty())) {
      return;
    }
    throw QuickstartException.failed(
        "worker B ended by itself" + (failure.isEmpty() ? "" : ": " + failure), null);
  }

  /** Has it keep from now on what it takes. */
  void hold() {
    orders.println(WorkerMain.HOLD);
  }

  /** How many messages it keeps. */
  long holding() {
    return holding;
  }

  /** The name it goes by within its group, once it is ready. */
  String consumer() {
    return consumer;
  }

  long pid() {
    return process.pid();
  }

  /** Kills it at once, and returns when it is gone and its last report was read. */
  void kill() throws InterruptedException {
    killed = true;
    process.destroyForcibly();
    if (!process.waitFor(LONGEST_END.toMillis(), TimeUnit.MILLISECONDS)) {
      throw QuickstartException.failed("worker B cannot be killed", null);
    }
    reader.join(LONGEST_END.toMillis());
  }

  /** Ends it if it still runs. */
  @Override
  public void close() {
    end();
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      return; // The JVM is ending, and the hook with it.
    }
  }

  private void end() {
    killed = true;
    process.destroyForcibly();
  }

  private void readReports() {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        WorkerReport report = WorkerReport.parse(line);
        if (report != null) {
          accept(report);
        }
      }
    } catch (IOException e) {
      // The pipe broke because the process ended; checkRunning() says what that means.
    } finally {
      ended = true;
      readyOrEnded.countDown();
    }
  }

  private void accept(WorkerReport report) {
    switch (report.kind()) {
      case READY -> {
        consumer = report.text();
        readyOrEnded.countDown();
      }
      case HANDLED -> tally.handled(report.tenant(), report.text(), report.number());
      case HOLDING -> holding = Math.max(holding, report.number());
      case FAILED -> failure = report.text();
    }
  }
}
