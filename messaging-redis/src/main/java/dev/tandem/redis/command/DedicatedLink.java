package dev.tandem.redis.command;

/**
 * A connection held by one owner, for commands that block (reads with {@code BLOCK}) or must not
 * wait for others (lease renewal). It never repeats a command and never reconnects: once the
 * connection has failed, or the server has sent it elsewhere (a key that moved, a primary that
 * became a replica), it is broken and refuses, and the owner opens another. Other errors of the
 * server leave it whole. On a Cluster it stays with the node of the key it was opened for, and
 * everything goes there in one go.
 *
 * <p>Thread safety: commands from one thread at a time, a second one is refused; {@link
 * #interrupt()} and {@link #close()} from any.
 */
public interface DedicatedLink extends CommandExecutor, AutoCloseable {
  /**
   * Cuts the connection, so that a thread blocked in a command of this link gets an error at once.
   * Returns without waiting for it.
   */
  void interrupt();

  /** Whether the connection has failed or was cut. */
  boolean isBroken();

  /**
   * Gives the connection up; a command that is under way is cut off like by {@link #interrupt()}. A
   * user's pooled connection goes back with its own timeout, or is dropped if it is broken.
   * Repeated calls do nothing.
   */
  @Override
  void close();
}
