package dev.tandem.examples.console;

/** What a command tells the shell. */
public final class ExitStatus {
  /** All is well. */
  public static final int OK = 0;

  /** The counts are not right, or something did not happen in time. */
  public static final int FAILED = 1;

  /** Bad arguments, an unreadable input, or a Redis that cannot be used. */
  public static final int UNUSABLE = 2;

  /** All that could be played was, but some lines were rejected. */
  public static final int REJECTED = 3;

  private ExitStatus() {}
}
