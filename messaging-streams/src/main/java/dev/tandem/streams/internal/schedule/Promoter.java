package dev.tandem.streams.internal.schedule;

import com.codahale.metrics.Counter;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.streams.internal.wire.Pipelines;
import dev.tandem.tenant.StreamKeys;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Appends scheduled messages that are due. Any number may do so for one stream at the same time:
 * each message is appended once.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class Promoter {
  /** The most messages that one call appends. */
  public static final int MOST = 100;

  /** The most bytes that one call appends, unless one message alone is larger. */
  static final int MOST_BYTES = 1 << 20;

  private static final Logger LOG = LoggerFactory.getLogger(Promoter.class);

  private final RedisConnection redis;
  private final Counter appended;
  private final Counter unreadable;
  private final Counter missing;

  /** A promoter over this connection. */
  public Promoter(RedisConnection redis) {
    this.redis = redis;
    this.appended = redis.metrics().counter("tandem.streams.scheduler.appended");
    this.unreadable = redis.metrics().counter("tandem.streams.scheduler.unreadable");
    this.missing = redis.metrics().counter("tandem.streams.scheduler.missing");
  }

  /**
   * Appends what is due, up to {@link #MOST} messages of each stream, in one round trip. Never
   * throws for what the server says or does not say: see {@link Promotion#error()}.
   *
   * @return what was done for each stream, in their order
   */
  public List<Promotion> promote(List<StreamKeys> streams) {
    if (streams.isEmpty()) {
      return List.of();
    }
    List<Command> commands = streams.stream().map(Promoter::command).toList();
    List<@Nullable Object> replies = Pipelines.executeAll(redis, commands);
    List<Promotion> promotions = new ArrayList<>();
    for (int i = 0; i < streams.size(); i++) {
      Promotion promotion = Promotion.of(replies.get(i));
      account(streams.get(i), promotion);
      promotions.add(promotion);
    }
    return promotions;
  }

  /**
   * The same, and cheaper where nothing waits: looks first whether anything does.
   *
   * @return what was done for each stream, in their order
   */
  public List<Promotion> promoteWaiting(List<StreamKeys> streams) {
    if (nothingWaits(streams)) {
      return Collections.nCopies(streams.size(), Promotion.NOTHING);
    }
    List<Command> looks =
        streams.stream()
            .map(keys -> Command.of("EXISTS").key(keys.scheduled()).repeatable())
            .toList();
    List<@Nullable Object> replies = Pipelines.executeAll(redis, looks);
    List<@Nullable Promotion> promotions = new ArrayList<>();
    List<StreamKeys> waiting = new ArrayList<>();
    for (int i = 0; i < looks.size(); i++) {
      Promotion seen = Promotion.ofNone(replies.get(i));
      promotions.add(seen);
      if (seen == null) {
        waiting.add(streams.get(i));
      }
    }
    Iterator<Promotion> done = promote(waiting).iterator();
    return promotions.stream().map(seen -> seen == null ? done.next() : seen).toList();
  }

  /** Asks for all at once, where keys may be asked for together; false if that is not known. */
  private boolean nothingWaits(List<StreamKeys> streams) {
    if (redis.isCluster() || streams.size() == 1) {
      return false;
    }
    Command look = Command.of("EXISTS").repeatable();
    streams.forEach(keys -> look.key(keys.scheduled()));
    return Pipelines.executeAll(redis, List.of(look)).get(0) instanceof Long found && found == 0;
  }

  // To promote again is to promote what is due then: a lost reply costs the numbers only.
  private static Command command(StreamKeys keys) {
    return ScheduleScripts.PROMOTE
        .call(
            keys.scheduled(),
            keys.scheduledMessages(),
            keys.scheduledRecently(),
            keys.stream(),
            keys.limits(),
            keys.quota())
        .arg(MOST)
        .arg(MOST_BYTES)
        .repeatable();
  }

  private void account(StreamKeys keys, Promotion promotion) {
    appended.inc(promotion.appended());
    unreadable.inc(promotion.unreadable());
    missing.inc(promotion.missing());
    if (promotion.unreadable() > 0 || promotion.missing() > 0) {
      LOG.warn(
          "{}: of what was scheduled {} could not be read and {} had no data",
          keys,
          promotion.unreadable(),
          promotion.missing());
    }
  }
}
