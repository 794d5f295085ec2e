package dev.tandem.examples.console;

import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Says what happens, in sentences on standard output, and keeps out of the way of the progress bar
 * that may stand on the same terminal.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class Narrator {
  private static final String CLEAR_LINE = "\r\u001B[K";

  private final PrintStream out;
  private final PrintStream err;
  private final ReentrantLock lock = new ReentrantLock();
  private String bar = "";
  private boolean barRemoved;

  public Narrator(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  /** A number with its noun: {@code 1 event}, {@code 1,707 events}. */
  public static String counted(long number, String noun) {
    return String.format(Locale.ROOT, "%,d %s%s", number, noun, number == 1 ? "" : "s");
  }

  /** One sentence on standard output. */
  public void say(String format, Object... values) {
    print(out, String.format(Locale.ROOT, format, values));
  }

  /** One sentence on standard error. */
  public void complain(String sentence) {
    print(err, sentence);
  }

  /** Draws the bar anew; only for a terminal. */
  public void draw(String newBar) {
    lock.lock();
    try {
      if (!barRemoved) {
        bar = newBar;
        show(CLEAR_LINE + bar);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Takes the bar away for good. */
  public void removeBar() {
    lock.lock();
    try {
      barRemoved = true;
      bar = "";
      show(CLEAR_LINE);
    } finally {
      lock.unlock();
    }
  }

  private void print(PrintStream stream, String line) {
    lock.lock();
    try {
      if (bar.isEmpty()) {
        stream.println(line);
        stream.flush();
      } else {
        show(CLEAR_LINE);
        stream.println(line);
        stream.flush();
        show(bar);
      }
    } finally {
      lock.unlock();
    }
  }

  private void show(String text) {
    err.print(text);
    err.flush();
  }
}
