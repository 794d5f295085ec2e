package dev.tandem.redis.command;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sends commands and gives back their raw replies (see {@link Replies}).
 *
 * <p>Every method blocks the calling thread for at most the connection's timeouts (and, where
 * commands are repeated, the retry's delays), and throws only {@link
 * dev.tandem.api.error.MessagingException}s.
 */
public interface CommandExecutor {
  /**
   * Sends one command.
   *
   * @throws dev.tandem.api.error.UnavailableException if it was not sent
   * @throws dev.tandem.api.error.OutcomeUnknownException if it was sent and its reply was lost
   * @throws dev.tandem.api.error.ServerErrorException if the server refused it
   */
  @Nullable Object execute(Command command);

  /**
   * Sends commands in one go, in order, and reads their replies. Others' commands may run in
   * between. On a Cluster there is one go for each slot, one after the other: the order holds among
   * the commands of a slot, and one without a key goes along with the command before it.
   *
   * <p>Never throws for a single command: the list has a raw reply for each, or in its place the
   * {@link dev.tandem.api.error.MessagingException} that says what became of it. When the
   * connection breaks midway, the replies read so far stand and the rest is {@link
   * dev.tandem.api.error.OutcomeUnknownException}. The whole (on a Cluster, of a slot) is sent
   * again only where no command of it was executed for certain, or is one that may be repeated.
   *
   * <p>Calls of a {@link Script} run in their place, with one exception: where the server has
   * forgotten a script that it ran before ({@code SCRIPT FLUSH}), its calls run after the others.
   *
   * @throws dev.tandem.api.error.UnavailableException if nothing was sent
   */
  List<@Nullable Object> executeAll(List<Command> commands);
}
