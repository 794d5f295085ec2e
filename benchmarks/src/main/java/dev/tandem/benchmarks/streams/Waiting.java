package dev.tandem.benchmarks.streams;

import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Round;
import dev.tandem.benchmarks.harness.Route;
import dev.tandem.benchmarks.harness.Stopwatch;
import dev.tandem.benchmarks.harness.Times;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * Appends messages one after the other in each of some threads, each waited for.
 *
 * @param appenders how many the threads share: one, if it is safe to share
 */
record Waiting(
    String name,
    Library library,
    Bench bench,
    int messages,
    int threads,
    int appenders,
    Appender.Opener opener)
    implements Contender {
  @Override
  public Round round() throws InterruptedException {
    List<Appender> opened = new ArrayList<>();
    try {
      for (int i = 0; i < appenders; i++) {
        opened.add(opener.open(bench));
      }
      int each = messages / threads;
      CountDownLatch start = new CountDownLatch(1);
      List<Thread> running = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        Appender appender = opened.get(i % appenders);
        running.add(started(() -> append(appender, each, start), i));
      }
      Stopwatch watch = Stopwatch.start();
      start.countDown();
      for (Thread thread : running) {
        thread.join();
      }
      Stopwatch.Taken taken = watch.stop();
      return taken.round((long) each * threads, bench.length());
    } finally {
      opened.forEach(Appender::close);
    }
  }

  private static Thread started(Runnable task, int number) {
    Thread thread = new Thread(task, "appending-" + number);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private static void append(Appender appender, int messages, CountDownLatch start) {
    try {
      start.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    for (int sent = 0; sent < messages; sent++) {
      appender.appendAndWait();
    }
  }

  /** One thread's: what is due while it waits goes late. */
  @Override
  public Route route(Times times) {
    Appender appender = opener.open(bench);
    return new Route() {
      @Override
      public void send(int number) {
        appender.appendAndWait();
        times.arrived(number);
      }

      @Override
      public void close() {
        appender.close();
        bench.removeStream();
      }
    };
  }
}
