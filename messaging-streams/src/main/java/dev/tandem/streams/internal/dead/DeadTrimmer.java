package dev.tandem.streams.internal.dead;

import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.DeadLetterRetention;
import dev.tandem.tenant.GroupKeys;
import java.time.Duration;

/**
 * Deletes the dead letters that a retention does not keep. The server's work is bounded for each
 * command.
 */
public final class DeadTrimmer {
  private static final int AT_A_TIME = 1_000;

  private DeadTrimmer() {}

  /** How many were deleted; fewer than there were if a reply was lost. */
  public static long trim(RedisConnection redis, GroupKeys keys, DeadLetterRetention retention) {
    long deleted = 0;
    if (retention.maxCount().isPresent()) {
      deleted += trim(redis, keys, "MAXLEN", retention.maxCount().getAsLong());
    }
    if (retention.maxAge().isPresent()) {
      Duration age = retention.maxAge().get();
      long oldest = redis.serverTime().minus(age).toEpochMilli();
      deleted += trim(redis, keys, "MINID", Math.max(0, oldest));
    }
    return deleted;
  }

  // First in whole nodes, which can be bounded, then exactly what is left in the last node.
  private static long trim(RedisConnection redis, GroupKeys keys, String by, long threshold) {
    long deleted = 0;
    long some;
    do {
      some =
          Replies.number(
              redis
                  .commands()
                  .execute(
                      xtrim(keys, by, "~", threshold).arg("LIMIT").arg(AT_A_TIME).repeatable()));
      deleted += some;
    } while (some > 0);
    return deleted
        + Replies.number(redis.commands().execute(xtrim(keys, by, "=", threshold).repeatable()));
  }

  private static Command xtrim(GroupKeys keys, String by, String how, long threshold) {
    return Command.of("XTRIM").key(keys.dead()).arg(by).arg(how).arg(threshold);
  }
}
