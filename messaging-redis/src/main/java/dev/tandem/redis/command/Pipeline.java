package dev.tandem.redis.command;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sends batches of commands one behind the other: one may be written before the replies to the one
 * before it are read, so that the server need not wait for the client between them.
 *
 * <p>Each batch is executed in order and behind the one written before. What becomes of its
 * commands is told as by {@link CommandExecutor#executeAll}, with one difference: a batch behind
 * which another was written is not sent again, also where that could do no harm by itself, since it
 * would come after the other one; nor is one that was written behind another of which something
 * failed, since its sender may send that again. When the connection breaks, the replies to all
 * batches that were written are lost. A call of a script that the server has forgotten since is
 * likewise not made again if another batch was written behind: it was not executed, which {@link
 * dev.tandem.api.error.ErrorCode#SERVER_BUSY} says. With nothing behind it is made again, whatever
 * failed before.
 *
 * <p>Takes a connection of the pool while replies are unread. On a Cluster each batch is waited for
 * when it is written.
 *
 * <p>Thread safety: not safe for use by many threads, but for {@link #isAtHand}.
 */
public interface Pipeline {
  /**
   * Whether a batch may be written now; if not, replies are to be {@linkplain #read} first. It may
   * when none are unread. Once this was so it holds for the next {@link #write}, whatever other
   * threads find out about the connection meanwhile.
   */
  boolean isReady();

  /**
   * Whether a small batch could be written without waiting, as far as can be told: nothing is to be
   * read, a connection is open and idle, and nothing is known to be wrong with it. Never on a
   * Cluster. May be asked by any thread.
   */
  boolean isAtHand();

  /**
   * Writes a batch; never throws for what becomes of it, which {@link #read} tells.
   *
   * @throws IllegalStateException if it is not {@linkplain #isReady ready}
   */
  void write(List<Command> commands);

  /**
   * Waits for the replies to the batch that was written longest ago: for each command a raw reply
   * or the {@link dev.tandem.api.error.MessagingException} that says what became of it.
   *
   * @throws java.util.NoSuchElementException if none are unread
   */
  List<@Nullable Object> read();
}
