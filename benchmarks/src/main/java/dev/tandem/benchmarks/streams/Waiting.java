package dev.tandem.benchmarks.streams;

import dev.tandem.benchmarks.harness.Awaiting;
import dev.tandem.benchmarks.harness.Contender;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Round;
import dev.tandem.benchmarks.harness.Route;
import dev.tandem.benchmarks.harness.Stopwatch;
import dev.tandem.benchmarks.harness.Times;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

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
  public Round round() {
    List<Appender> opened = new ArrayList<>();
    // Ends after the stopwatch: what an ended thread has allocated is not counted.
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      for (int i = 0; i < appenders; i++) {
        opened.add(opener.open(bench));
      }
      int each = messages / threads;
      CountDownLatch start = new CountDownLatch(1);
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        Appender appender = opened.get(i % appenders);
        running.add(pool.submit(() -> append(appender, each, start)));
      }
      Stopwatch watch = Stopwatch.start();
      start.countDown();
      running.forEach(Awaiting::result);
      Stopwatch.Taken taken = watch.stop();
      return taken.round((long) each * threads, bench.length());
    } finally {
      pool.shutdownNow();
      opened.forEach(Appender::close);
    }
  }

  private static @Nullable Void append(Appender appender, int messages, CountDownLatch start)
      throws InterruptedException {
    start.await();
    for (int sent = 0; sent < messages; sent++) {
      appender.appendAndWait();
    }
    return null;
  }

  /** One thread's: what is due while it waits goes late. There is none for many threads. */
  @Override
  public @Nullable Route route(Times times) {
    if (threads > 1) {
      return null;
    }
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
