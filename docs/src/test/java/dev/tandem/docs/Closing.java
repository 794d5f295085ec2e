package dev.tandem.docs;

import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What the examples open and do not show being closed, in the order to close it. */
final class Closing {
  private static final ConcurrentLinkedQueue<AutoCloseable> OPEN = new ConcurrentLinkedQueue<>();

  private Closing() {}

  static void later(AutoCloseable... opened) {
    OPEN.addAll(List.of(opened));
  }

  static void now() throws Exception {
    for (AutoCloseable open = OPEN.poll(); open != null; open = OPEN.poll()) {
      open.close();
    }
  }
}
