package dev.tandem.streams.internal.work;

import dev.tandem.api.internal.DaemonThreads;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The named daemon threads of one worker. Safe for use by many threads. */
final class Threads {
  private static final long IDLE_SECONDS = 30;

  private final String prefix;
  private final List<Thread> running = new CopyOnWriteArrayList<>();

  Threads(String prefix) {
    this.prefix = prefix;
  }

  void start(String role, Runnable task) {
    Thread thread = DaemonThreads.named(prefix + '-' + role).newThread(task);
    running.add(thread);
    thread.start();
  }

  /** Waits for the threads of this role to end; not for itself. */
  void await(String role, Duration timeout) throws InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    for (Thread thread : running) {
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (left > 0 && thread != Thread.currentThread() && thread.getName().endsWith('-' + role)) {
        thread.join(left);
      }
    }
  }

  /** A pool of up to so many threads, which go when they are idle. */
  ExecutorService pool(String role, int most) {
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            most,
            most,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(), // never holds more than the worker's concurrency
            DaemonThreads.numbered(prefix + '-' + role));
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }
}
