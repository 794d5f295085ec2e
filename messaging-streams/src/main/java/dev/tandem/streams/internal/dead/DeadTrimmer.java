package dev.tandem.streams.internal.dead;

import com.codahale.metrics.Counter;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.DeadLetterRetention;
import dev.tandem.tenant.GroupKeys;
import java.time.Duration;

/**
 * Deletes the dead letters that a retention does not keep, and counts them. The server's work is
 * bounded for each command.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class DeadTrimmer {
  private static final int AT_A_TIME = 1_000;

  private final RedisConnection redis;
  private final Counter trimmed;

  /** Deletes over this connection. */
  public DeadTrimmer(RedisConnection redis) {
    this.redis = redis;
    this.trimmed = redis.metrics().counter("tandem.streams.dead-letters.trimmed");
  }

  /** How many were deleted; fewer than there were if a reply was lost. */
  public long trim(GroupKeys keys, DeadLetterRetention retention) {
    return trim(keys, retention, Long.MAX_VALUE).deleted();
  }

  /**
   * What one run did.
   *
   * @param deleted how many were deleted
   * @param complete whether none is left that is not kept
   */
  record Done(long deleted, boolean complete) {}

  /** The same with about so many letters at most. */
  Done trim(GroupKeys keys, DeadLetterRetention retention, long most) {
    Done done = new Done(0, true);
    if (retention.maxCount().isPresent()) {
      done = trim(keys, "MAXLEN", retention.maxCount().getAsLong(), most);
    }
    if (retention.maxAge().isPresent() && done.complete()) {
      Duration age = retention.maxAge().get();
      long oldest = redis.serverTime().minus(age).toEpochMilli();
      Done old = trim(keys, "MINID", Math.max(0, oldest), most - done.deleted());
      done = new Done(done.deleted() + old.deleted(), old.complete());
    }
    return done;
  }

  // First in whole nodes, which can be bounded, then exactly what is left in the last node.
  private Done trim(GroupKeys keys, String by, long threshold, long most) {
    long deleted = 0;
    long some;
    do {
      some = delete(xtrim(keys, by, "~", threshold).arg("LIMIT").arg(AT_A_TIME));
      deleted += some;
    } while (some > 0 && deleted < most);
    if (some > 0) {
      return new Done(deleted, false);
    }
    return new Done(deleted + delete(xtrim(keys, by, "=", threshold)), true);
  }

  private long delete(Command command) {
    long deleted = Replies.number(redis.commands().execute(command.repeatable()));
    trimmed.inc(deleted);
    return deleted;
  }

  private static Command xtrim(GroupKeys keys, String by, String how, long threshold) {
    return Command.of("XTRIM").key(keys.dead()).arg(by).arg(how).arg(threshold);
  }
}
