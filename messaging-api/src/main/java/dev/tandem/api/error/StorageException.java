package dev.tandem.api.error;

import org.jspecify.annotations.Nullable;

/**
 * A file of this process cannot be written, read or locked: the disk is full or broken, or another
 * process has the file. Thread safety: immutable.
 */
public final class StorageException extends MessagingException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception. */
  public StorageException(String message, @Nullable Throwable cause) {
    super(ErrorCode.STORAGE_FAILED, true, message, cause);
  }
}
