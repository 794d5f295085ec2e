package dev.tandem.api.error;

/**
 * A bounded stream held as many entries as it may: the message was not appended. Thread safety:
 * immutable.
 */
public final class StreamFullException extends MessagingException {
  private static final long serialVersionUID = 1L;

  private final long length;
  private final long limit;

  /**
   * Creates the exception.
   *
   * @param length how many entries the stream held
   * @param limit how many it may hold
   */
  public StreamFullException(String tenant, String stream, long length, long limit) {
    super(
        ErrorCode.STREAM_FULL,
        true,
        "stream " + stream + " of tenant " + tenant + " is full: " + length + " of " + limit,
        null,
        tenant,
        stream);
    this.length = length;
    this.limit = limit;
  }

  /** How many entries the stream held. */
  public long length() {
    return length;
  }

  /** How many entries it may hold. */
  public long limit() {
    return limit;
  }
}
