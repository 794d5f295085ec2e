package dev.tandem.streams.internal.eventstore;

import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.DedicatedLink;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.entry.RawEntry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Waits for events on a connection of its own. For one thread, but {@link #interrupt()} for all.
 */
final class CategoryFeed {
  private static final Duration BLOCK = Duration.ofSeconds(1);
  private static final Duration REPLY_TIMEOUT = BLOCK.plusSeconds(5);

  private final RedisConnection redis;
  private final RedisKey category;
  private final PageSize size = new PageSize();
  private volatile @Nullable DedicatedLink link;

  CategoryFeed(RedisConnection redis, RedisKey category) {
    this.redis = redis;
    this.category = category;
  }

  /** The next events; none if there were none for a second. */
  List<RawEntry> next(EntryId after) {
    Command read =
        Command.of("XREAD")
            .arg("COUNT")
            .arg(size.next())
            .arg("BLOCK")
            .arg(BLOCK.toMillis())
            .arg("STREAMS")
            .key(category)
            .arg(after.toString());
    List<RawEntry> entries = new ArrayList<>();
    for (Replies.Pair stream : Replies.pairs(open().execute(read))) {
      Replies.list(stream.value()).forEach(entry -> entries.add(RawEntry.of(entry)));
    }
    size.learn(entries);
    return entries;
  }

  private DedicatedLink open() {
    DedicatedLink present = link;
    if (present != null && !present.isBroken()) {
      return present;
    }
    close();
    DedicatedLink opened = redis.openDedicated(category, REPLY_TIMEOUT);
    link = opened;
    return opened;
  }

  /** Ends a wait with an error. */
  void interrupt() {
    DedicatedLink present = link;
    if (present != null) {
      present.interrupt();
    }
  }

  void close() {
    DedicatedLink present = link;
    link = null;
    if (present != null) {
      present.close();
    }
  }
}
