package dev.tandem.examples.quickstart;

import dev.tandem.examples.console.ExitStatus;
import org.jspecify.annotations.Nullable;

/** Ends the quickstart early: the message is a sentence for the user, the status for the shell. */
final class QuickstartException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int exitStatus;

  private QuickstartException(int exitStatus, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.exitStatus = exitStatus;
  }

  /** The arguments, the input or Redis cannot be used. */
  static QuickstartException unusable(String message) {
    return new QuickstartException(ExitStatus.UNUSABLE, message, null);
  }

  /** The arguments, the input or Redis cannot be used. */
  static QuickstartException unusable(String message, Throwable cause) {
    return new QuickstartException(ExitStatus.UNUSABLE, message, cause);
  }

  /** Something that should have happened did not. */
  static QuickstartException failed(String message, @Nullable Throwable cause) {
    return new QuickstartException(ExitStatus.FAILED, message, cause);
  }

  int exitStatus() {
    return exitStatus;
  }
}
