package dev.tandem.api.internal;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/** Named threads that do not keep a JVM from ending. */
public final class DaemonThreads {
  private DaemonThreads() {}

  /** Makes threads that all bear this name. */
  public static ThreadFactory named(String name) {
    return task -> daemon(task, name);
  }

  /** Makes threads named {@code prefix-1}, {@code prefix-2} and so on. */
  public static ThreadFactory numbered(String prefix) {
    AtomicInteger number = new AtomicInteger();
    return task -> daemon(task, prefix + '-' + number.incrementAndGet());
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }
}
