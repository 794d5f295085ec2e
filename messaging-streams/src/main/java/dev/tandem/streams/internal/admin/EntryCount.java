package dev.tandem.streams.internal.admin;

import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.entry.EntryId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How many entries of a stream lie in a range, up to a limit.
 *
 * @param count how many were counted
 * @param last the last one counted, or null if there was none
 * @param complete whether that was all
 */
record EntryCount(long count, @Nullable EntryId last, boolean complete) {
  private static final int STEP = 500;

  /** No entry lies there, and the server refuses to look. */
  private static final String BEFORE_ALL = "(" + EntryId.NONE;

  /** Counts, a step of so many entries or bytes at a time. */
  static EntryCount of(
      CommandExecutor executor, RedisKey stream, String from, String to, long most) {
    if (to.equals(BEFORE_ALL)) {
      return new EntryCount(0, null, true);
    }
    long count = 0;
    EntryId last = null;
    String next = from;
    while (count < most) {
      List<@Nullable Object> reply =
          Replies.list(
              executor.execute(
                  AdminScripts.COUNT
                      .call(stream)
                      .arg(next)
                      .arg(to)
                      .arg(Math.min(STEP, most - count))
                      .arg(AdminScripts.MOST_BYTES)
                      .repeatable()));
      count += Replies.number(reply.get(0));
      String id = Replies.text(reply.get(1));
      if (!id.isEmpty()) {
        last = EntryId.parse(id);
        next = '(' + id;
      }
      if (Replies.number(reply.get(2)) == 1) {
        return new EntryCount(count, last, true);
      }
    }
    return new EntryCount(count, last, false);
  }
}
