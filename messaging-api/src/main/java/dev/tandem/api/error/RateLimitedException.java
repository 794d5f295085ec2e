package dev.tandem.api.error;

/**
 * More was published than the limit of the channel allows: the message was not taken and will not
 * be sent. Thread safety: immutable.
 */
public final class RateLimitedException extends MessagingException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param limit what is allowed, as text
   */
  public RateLimitedException(String tenant, String channel, String limit) {
    super(
        ErrorCode.RATE_LIMITED,
        true,
        "channel " + channel + " of tenant " + tenant + " allows " + limit,
        null,
        tenant,
        channel);
  }
}
