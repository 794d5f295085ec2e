package dev.tandem.streams.internal.group;

import dev.tandem.redis.command.Replies;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of a group as {@code look.lua} saw it.
 *
 * @param pending entries delivered and not acknowledged, those that wait for a retry among them
 * @param waiting entries that wait for a retry
 * @param lag entries not delivered yet; the server's count from 7.0 on, otherwise exact up to 31 and
 *     where nothing was delivered yet, and beyond that guessed from the times in the ids
 * @param oldestMillis the age of the first entry that is pending; 0 if none is
 * @param length entries in the stream
 * @param serverMillis the server's time
 */
public record GroupCounts(
    long pending, long waiting, long lag, long oldestMillis, long length, long serverMillis) {

  static GroupCounts of(@Nullable Object raw) {
    List<@Nullable Object> numbers = Replies.list(raw);
    return new GroupCounts(
        Replies.number(numbers.get(0)),
        Replies.number(numbers.get(1)),
        Replies.number(numbers.get(2)),
        Replies.number(numbers.get(3)),
        Replies.number(numbers.get(4)),
        Replies.number(numbers.get(5)));
  }
}
