package dev.tandem.streams.internal.wire;

import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Sends commands whose outcomes are looked at one by one. */
public final class Pipelines {
  private Pipelines() {}

  /**
   * Sends all like {@link dev.tandem.redis.command.CommandExecutor#executeAll}, but never throws:
   * if nothing could be sent, that is what became of each command.
   */
  public static List<@Nullable Object> executeAll(RedisConnection redis, List<Command> commands) {
    try {
      return redis.commands().executeAll(commands);
    } catch (MessagingException nothingSent) {
      return Collections.nCopies(commands.size(), nothingSent);
    }
  }
}
