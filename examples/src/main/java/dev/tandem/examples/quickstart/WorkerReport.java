package dev.tandem.examples.quickstart;

import org.jspecify.annotations.Nullable;

/**
 * What worker B tells the quickstart, one line each, on its standard output.
 *
 * @param kind what happened
 * @param tenant whose message, for {@link Kind#HANDLED}; otherwise empty
 * @param number how often it was delivered, for {@link Kind#HANDLED}; how many are held, for {@link
 *     Kind#HOLDING}
 * @param text the message's id, the name that the worker goes by, or what went wrong; otherwise
 *     empty
 */
record WorkerReport(Kind kind, String tenant, long number, String text) {
  private static final String MARK = "worker";

  /** What there is to tell. */
  enum Kind {
    /** It reads the streams. */
    READY,
    /** It has handled a message and will acknowledge it. */
    HANDLED,
    /** It keeps messages without handling them. */
    HOLDING,
    /** It cannot go on. */
    FAILED
  }

  static WorkerReport ready(String consumer) {
    return new WorkerReport(Kind.READY, "", 0, consumer);
  }

  static WorkerReport handled(String tenant, String id, long deliveries) {
    return new WorkerReport(Kind.HANDLED, tenant, deliveries, id);
  }

  static WorkerReport holding(long count) {
    return new WorkerReport(Kind.HOLDING, "", count, "");
  }

  static WorkerReport failed(String why) {
    return new WorkerReport(Kind.FAILED, "", 0, why.lines().findFirst().orElse(""));
  }

  /** The report as a line. */
  String line() {
    return String.join("\t", MARK, kind.name(), tenant, Long.toString(number), text);
  }

  /** Reads a line; null for one that is no report, or was cut off by the worker's death. */
  static @Nullable WorkerReport parse(String line) {
    String[] parts = line.split("\t", 5);
    if (parts.length != 5 || !parts[0].equals(MARK)) {
      return null;
    }
    try {
      return new WorkerReport(Kind.valueOf(parts[1]), parts[2], Long.parseLong(parts[3]), parts[4]);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
