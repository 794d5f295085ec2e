package dev.tandem.api.error;

/**
 * A tenant is at one of its quotas: what was asked for was not done, and is not tried again by the
 * library. Retryable, since a tenant may be below its quota again later, except for the size of a
 * payload. Thread safety: immutable.
 */
public final class QuotaExceededException extends MessagingException {
  private static final long serialVersionUID = 1L;

  private final String quota;
  private final long limit;

  /**
   * Creates the exception.
   *
   * @param destination the stream, group or channel
   * @param quota which quota, such as {@code stream-length}
   * @param limit how much the tenant may have
   * @param retryable whether the same call may succeed later
   */
  public QuotaExceededException(
      String tenant, String destination, String quota, long limit, boolean retryable) {
    super(
        ErrorCode.QUOTA_EXCEEDED,
        retryable,
        "tenant " + tenant + " is at its quota " + quota + " of " + limit + ": " + destination,
        null,
        tenant,
        destination);
    this.quota = quota;
    this.limit = limit;
  }

  /** Which quota, such as {@code stream-length}. */
  public String quota() {
    return quota;
  }

  /** How much the tenant may have. */
  public long limit() {
    return limit;
  }
}
