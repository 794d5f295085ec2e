package dev.tandem.testkit;

/**
 * Redis answered a command with an error reply.
 *
 * <p>The message is the server's own, for example {@code WRONGTYPE Operation against a key holding
 * the wrong kind of value}. Immutable and safe for use by many threads.
 */
public final class RedisErrorException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * Wraps one error reply.
   *
   * @param reply the reply as the server sent it, without the leading minus sign
   */
  public RedisErrorException(String reply) {
    super(reply);
  }

  /**
   * The first word of the reply.
   *
   * @return for example {@code WRONGTYPE}, {@code NOGROUP} or {@code ERR}
   */
  public String code() {
    String reply = String.valueOf(getMessage());
    int space = reply.indexOf(' ');
    return space < 0 ? reply : reply.substring(0, space);
  }
}
