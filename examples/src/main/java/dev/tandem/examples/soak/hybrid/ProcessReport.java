package dev.tandem.examples.soak.hybrid;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/**
 * What a process of the run tells, one line each, on its standard output. Its end shows whether the
 * line was cut off by the process's death.
 *
 * @param kind what happened
 * @param number of which message
 * @param text what went wrong
 */
record ProcessReport(Kind kind, long number, String text) {
  private static final String MARK = "hybrid";
  private static final String END = ".";

  /** What there is to tell. */
  enum Kind {
    /** It is at work. */
    READY,
    /** A number is about to be published. */
    TRIES,
    /** Redis has it. */
    CONFIRMED,
    /** The disk has it. */
    SPOOLED,
    /** Nobody has it. */
    REFUSED,
    /** Nothing more is published, and the spool is empty. */
    DRAINED,
    /** The process cannot go on. */
    BROKEN
  }

  static ProcessReport of(Kind kind, long number) {
    return new ProcessReport(kind, number, "");
  }

  static ProcessReport broken(Throwable why) {
    String line = String.valueOf(why.getMessage()).lines().findFirst().orElse("");
    return new ProcessReport(Kind.BROKEN, 0, line.replace('\t', ' '));
  }

  /** The report as a line. */
  String line() {
    return String.join("\t", MARK, kind.name(), Long.toString(number), text, END);
  }

  /** Reads a line; null for one that is no report, or was cut off. */
  static @Nullable ProcessReport parse(String line) {
    String[] parts = line.split("\t", -1);
    if (parts.length != 5 || !parts[0].equals(MARK) || !parts[4].equals(END)) {
      return null;
    }
    try {
      return new ProcessReport(Kind.valueOf(parts[1]), Long.parseLong(parts[2]), parts[3]);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** Where a process reports: everything else that prints must not come between the reports. */
  static PrintStream out() {
    PrintStream reports = new PrintStream(new FileOutputStream(FileDescriptor.out), false, UTF_8);
    System.setOut(System.err);
    return reports;
  }

  /** Tells it by one write, so that a reader never sees two mixed. */
  void tell(PrintStream reports) {
    byte[] bytes = (line() + "\n").getBytes(UTF_8);
    reports.write(bytes, 0, bytes.length);
    reports.flush();
  }
}
