package dev.tandem.examples.soak;

import org.jspecify.annotations.Nullable;

/**
 * What a worker process tells, one line each, on its standard output.
 *
 * @param kind what happened
 * @param number the message's number
 * @param deliveries how often it was delivered
 * @param text the message's id, or what went wrong
 */
record WorkerReport(Kind kind, long number, long deliveries, String text) {
  private static final String MARK = "soak";

  /** What there is to tell. */
  enum Kind {
    /** It reads the stream. */
    READY,
    /** A handler begins. */
    BEGUN,
    /** A handler is about to return. */
    HANDLED,
    /** A handler is about to throw. */
    FAILED,
    /** The process cannot go on. */
    BROKEN
  }

  static WorkerReport ready() {
    return new WorkerReport(Kind.READY, 0, 0, "");
  }

  static WorkerReport broken(String why) {
    return new WorkerReport(Kind.BROKEN, 0, 0, why.lines().findFirst().orElse(""));
  }

  /** The report as a line. */
  String line() {
    return String.join(
        "\t", MARK, kind.name(), Long.toString(number), Long.toString(deliveries), text);
  }

  /** Reads a line; null for one that is no report, or was cut off by the worker's death. */
  static @Nullable WorkerReport parse(String line) {
    String[] parts = line.split("\t", 5);
    if (parts.length != 5 || !parts[0].equals(MARK)) {
      return null;
    }
    try {
      return new WorkerReport(
          Kind.valueOf(parts[1]), Long.parseLong(parts[2]), Long.parseLong(parts[3]), parts[4]);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
