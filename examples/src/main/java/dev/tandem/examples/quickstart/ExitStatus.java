package dev.tandem.examples.quickstart;

/** What the quickstart tells the shell. */
final class ExitStatus {
  /** All lines were played and every count is right. */
  static final int OK = 0;

  /** The counts are not right, or something did not happen in time. */
  static final int FAILED = 1;

  /** Bad arguments, an unreadable input, or a Redis that cannot be used. */
  static final int UNUSABLE = 2;

  /** All that could be played was, but some lines were rejected. */
  static final int REJECTED = 3;

  private ExitStatus() {}
}
