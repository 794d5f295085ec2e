package dev.tandem.redis.command;

/**
 * A connection held by one owner, for commands that block (reads with {@code BLOCK}) or must not
 * wait for others (lease renewal). It never repeats a command and never reconnects: after an error
 * it is broken, and the owner opens another.
 *
 * <p>Thread safety: commands from one thread at a time; {@link #interrupt()} and {@link #close()}
 * from any.
 */
public interface DedicatedLink extends CommandExecutor, AutoCloseable {
  /**
   * Cuts the connection, so that a thread blocked in a command of this link gets an error at once.
   * Returns without waiting for it.
   */
  void interrupt();

  /** Whether the connection has failed or was cut. */
  boolean isBroken();

  /** Gives the connection up. Repeated calls do nothing. */
  @Override
  void close();
}
