package dev.tandem.streams.internal.group;

import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.entry.RawEntry;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An entry that a script took for this consumer.
 *
 * @param entry the entry
 * @param deliveries its delivery count now
 * @param from the consumer that had it, or empty
 */
public record TakenEntry(RawEntry entry, long deliveries, String from) {
  /** Reads {@code {{id, count, fields[, former consumer]}…}}. */
  static List<TakenEntry> list(@Nullable Object reply) {
    List<TakenEntry> taken = new ArrayList<>();
    for (Object row : Replies.list(reply)) {
      List<@Nullable Object> parts = Replies.list(row);
      taken.add(
          new TakenEntry(
              RawEntry.of(Replies.text(parts.get(0)), parts.get(2)),
              Replies.number(parts.get(1)),
              parts.size() > 3 ? Replies.text(parts.get(3)) : ""));
    }
    return taken;
  }
}
