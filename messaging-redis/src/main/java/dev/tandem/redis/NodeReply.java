package dev.tandem.redis;

import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.Replies;
import org.jspecify.annotations.Nullable;

/**
 * What one node answered to a command that all were sent.
 *
 * @param node its address, without credentials
 * @param reply the raw reply (see {@link Replies}), or the {@link MessagingException} that says
 *     what became of the command there
 */
public record NodeReply(String node, @Nullable Object reply) {
  /** What went wrong on this node, or null. */
  public @Nullable MessagingException error() {
    return reply instanceof MessagingException error ? error : null;
  }
}
