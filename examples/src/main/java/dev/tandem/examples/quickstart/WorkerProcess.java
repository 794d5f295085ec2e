package dev.tandem.examples.quickstart;

import dev.tandem.examples.child.ChildJvm;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Worker B, seen from the quickstart. It dies with this process at the latest.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class WorkerProcess implements AutoCloseable {
  private static final Duration LONGEST_START = WorkerSettings.LONGEST_START.plusSeconds(10);

  private final ChildJvm process;
  private final Tally tally;
  private final CountDownLatch readyOrEnded = new CountDownLatch(1);
  private volatile boolean ended;
  private volatile boolean killed;
  private volatile long holding;
  private volatile String consumer = "";
  private volatile String failure = "";

  private WorkerProcess(Tally tally) throws IOException {
    this.tally = tally;
    this.process =
        ChildJvm.start(
            "quickstart-worker-b",
            List.of("-XX:TieredStopAtLevel=1"),
            WorkerMain.class,
            this::reported,
            this::hasEnded);
  }

  /** Starts the process; {@link #awaitReady} says when it works. */
  static WorkerProcess start(WorkerSettings settings, Tally tally) {
    try {
      WorkerProcess worker = new WorkerProcess(tally);
      settings.writeTo(worker.process.orders());
      return worker;
    } catch (IOException e) {
      throw QuickstartException.failed("worker B cannot be started: " + e.getMessage(), e);
    }
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
    process.orders().println(WorkerMain.HOLD);
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
    if (!process.kill()) {
      throw QuickstartException.failed("worker B cannot be killed", null);
    }
  }

  /** Ends it if it still runs. */
  @Override
  public void close() {
    killed = true;
    process.close();
  }

  private void reported(String line) {
    WorkerReport report = WorkerReport.parse(line);
    if (report != null) {
      accept(report);
    }
  }

  private void hasEnded() {
    ended = true;
    readyOrEnded.countDown();
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
