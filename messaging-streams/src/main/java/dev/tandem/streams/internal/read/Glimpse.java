package dev.tandem.streams.internal.read;

import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.redis.command.Script;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.tenant.StreamKeys;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stream at one moment, and a page of it: what {@code tail.lua} gives.
 *
 * @param position the id that the page comes after
 * @param last the last id ever used in the stream
 * @param first the first id that is there, or null if it is empty
 * @param length how many entries are there
 * @param added how many were ever added
 * @param counted whether the server itself counts what is added
 * @param entries the page
 */
record Glimpse(
    EntryId position,
    EntryId last,
    @Nullable EntryId first,
    long length,
    long added,
    boolean counted,
    List<RawEntry> entries) {
  private static final Script TAIL = Script.resource(Glimpse.class, "tail.lua");

  static Command ask(StreamKeys keys, @Nullable EntryId position, int most) {
    return TAIL.call(keys.stream(), keys.trim())
        .arg(position == null ? "$" : position.toString())
        .arg(most)
        .repeatable();
  }

  static Glimpse read(@Nullable Object reply) {
    List<@Nullable Object> parts = Replies.list(reply);
    String first = Replies.text(parts.get(2));
    return new Glimpse(
        EntryId.parse(Replies.text(parts.get(0))),
        EntryId.parse(Replies.text(parts.get(1))),
        first.isEmpty() ? null : EntryId.parse(first),
        Replies.number(parts.get(3)),
        Replies.number(parts.get(4)),
        Replies.number(parts.get(5)) == 1,
        Replies.list(parts.get(6)).stream().map(RawEntry::of).toList());
  }

  /** How many entries were ever removed. */
  long removed() {
    return added - length;
  }
}
