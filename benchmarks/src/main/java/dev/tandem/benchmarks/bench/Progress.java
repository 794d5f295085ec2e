package dev.tandem.benchmarks.bench;

import java.io.PrintWriter;
import java.util.concurrent.locks.ReentrantLock;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * How far the run is and how long it still takes, in a bar below what has been printed; nothing
 * where no terminal would show it.
 */
final class Progress implements AutoCloseable {
  private static final String CLEAR_LINE = "\r\u001B[K";
  private static final int WIDTH = 99;
  private static final int REDRAW_MILLIS = 500;
  private static final long STEPS_EACH = 1_000;

  private final PrintWriter err;
  private final ReentrantLock lock = new ReentrantLock();
  private final @Nullable ProgressBar bar;
  private String shown = "";
  private long finished;
  private boolean closed;

  private Progress(PrintWriter err, long tasks, boolean visible) {
    this.err = err;
    this.bar =
        visible
            ? new ProgressBarBuilder()
                .setTaskName("bench")
                .setInitialMax(tasks * STEPS_EACH)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(REDRAW_MILLIS)
                .setConsumer(new DelegatingProgressBarConsumer(this::draw, WIDTH))
                .build()
            : null;
  }

  /** One for so many tasks, which are taken to be equally long. */
  static Progress of(long tasks, PrintWriter err, boolean visible) {
    return new Progress(err, tasks, visible);
  }

  /** The task that goes on now. */
  void begin(String task) {
    if (bar != null) {
      bar.setExtraMessage(" " + task);
    }
  }

  /** So much of it is done, from 0 to 1. */
  void part(double done) {
    if (bar != null) {
      bar.stepTo((long) ((finished + done) * STEPS_EACH));
    }
  }

  /** It is done. */
  void end() {
    finished++;
    part(0);
  }

  /** Prints something where the bar is not in its way. */
  void aside(Runnable printing) {
    lock.lock();
    try {
      show(shown.isEmpty() ? "" : CLEAR_LINE);
      printing.run();
      show(shown);
    } finally {
      lock.unlock();
    }
  }

  private void draw(String text) {
    lock.lock();
    try {
      if (!closed) {
        shown = text;
        show(CLEAR_LINE + text);
      }
    } finally {
      lock.unlock();
    }
  }

  private void show(String text) {
    err.print(text);
    err.flush();
  }

  @Override
  public void close() {
    if (bar == null) {
      return;
    }
    bar.close();
    lock.lock();
    try {
      closed = true;
      shown = "";
      show(CLEAR_LINE);
    } finally {
      lock.unlock();
    }
  }
}
