package dev.tandem.redis.command;

import org.jspecify.annotations.Nullable;

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
   * What follows upon each reply of {@link #executeAhead}. For every reply {@link #next} is called
   * and then {@link #take}, by the thread that executes; meanwhile the link refuses other commands.
   */
  interface Succession {
    /**
     * The command to send behind this reply, or null to end with it. To be decided quickly:
     * meanwhile the server has nothing to do.
     */
    @Nullable Command next(@Nullable Object reply);

    /** Takes the reply; the server works on the next command meanwhile, if there is one. */
    void take(@Nullable Object reply);
  }

  /**
   * Sends commands one after the other, each as soon as the reply to the one before has come and
   * before that is taken: so the server does not wait for the client to look at replies. Returns
   * when the last reply is taken.
   *
   * @throws dev.tandem.api.error.MessagingException as {@link #execute} does, if a command fails;
   *     the replies before have all been taken then. What the succession throws comes through; what
   *     {@link Succession#take} throws while a command is under way breaks the link.
   */
  void executeAhead(Command first, Succession succession);

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
