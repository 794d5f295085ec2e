package dev.tandem.streams.eventstore;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;

/**
 * The aggregate is not at the version that the caller expected, or was deleted; nothing was
 * changed. Read what was appended since, decide anew, and try again with the version then. Thread
 * safety: immutable.
 */
public final class VersionConflictException extends MessagingException {
  private static final long serialVersionUID = 1L;

  private final ExpectedVersion expected;
  private final long actual;
  private final boolean deleted;

  VersionConflictException(
      String tenant,
      String category,
      String aggregateId,
      ExpectedVersion expected,
      long actual,
      boolean deleted) {
    super(
        ErrorCode.VERSION_CONFLICT,
        false,
        "aggregate '"
            + aggregateId
            + "' of category "
            + category
            + (deleted
                ? " was deleted at version " + actual
                : " is at version " + actual + ", expected " + expected),
        null,
        tenant,
        category);
    this.expected = expected;
    this.actual = actual;
    this.deleted = deleted;
  }

  /** What the caller expected. */
  public ExpectedVersion expected() {
    return expected;
  }

  /** The version of the aggregate's last event; 0 if it has none. */
  public long actual() {
    return actual;
  }

  /** Whether the aggregate was deleted; then no append to it ever succeeds. */
  public boolean isDeleted() {
    return deleted;
  }
}
