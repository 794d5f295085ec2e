package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.api.Position;
import dev.tandem.api.error.MessagingException;
import dev.tandem.pubsub.internal.BusThreads;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares the feeds that are quiet with Redis from time to time, in pipelines: finds the lost
 * message that no other follows.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class TailCheck {
  private static final Logger LOG = LoggerFactory.getLogger(TailCheck.class);
  private static final int MOST_A_PIPELINE = 512;

  /** In each interval; see {@link ChannelFeed#positionToCheck}. */
  private static final int TICKS = 2;

  private final RedisConnection redis;
  private final BusThreads threads;
  private final Supplier<Collection<ChannelFeed>> feeds;
  private final AtomicBoolean running = new AtomicBoolean();

  TailCheck(RedisConnection redis, BusThreads threads, Supplier<Collection<ChannelFeed>> feeds) {
    this.redis = redis;
    this.threads = threads;
    this.feeds = feeds;
  }

  /** A feed and where it stood. */
  private record Standing(ChannelFeed feed, Position position) {}

  void start(Duration interval) {
    threads.every(interval.dividedBy(TICKS), this::tick);
  }

  private void tick() {
    if (running.compareAndSet(false, true)) {
      threads.read(
          () -> {
            try {
              check();
            } finally {
              running.set(false);
            }
          });
    }
  }

  private void check() {
    List<Standing> all = new ArrayList<>();
    for (ChannelFeed feed : feeds.get()) {
      Position position = feed.positionToCheck();
      if (position != null) {
        all.add(new Standing(feed, position));
      }
    }
    for (int from = 0; from < all.size(); from += MOST_A_PIPELINE) {
      List<Standing> some = all.subList(from, Math.min(all.size(), from + MOST_A_PIPELINE));
      List<@Nullable Object> replies;
      try {
        replies = redis.commands().executeAll(some.stream().map(TailCheck::command).toList());
      } catch (MessagingException e) {
        LOG.debug("tail check failed: {}", e.getMessage());
        return;
      }
      for (int i = 0; i < some.size(); i++) {
        compare(some.get(i), replies.get(i));
      }
    }
  }

  private static Command command(Standing one) {
    return Command.of("HMGET")
        .key(one.feed().keys().meta())
        .arg("epoch")
        .arg("version")
        .arg("nonce")
        .repeatable();
  }

  private static void compare(Standing one, @Nullable Object reply) {
    if (reply instanceof MessagingException e) {
      LOG.debug("tail check of {} failed: {}", one.feed().keys(), e.getMessage());
      return;
    }
    one.feed().onHead(one.position(), head(one, Replies.list(reply)));
  }

  /** The position in these fields; null if there is none, or none that can be read. */
  private static @Nullable Position head(Standing one, List<@Nullable Object> fields) {
    if (fields.contains(null)) {
      return null;
    }
    try {
      return new Position(
          Replies.text(fields.get(0)), Replies.number(fields.get(1)), Replies.text(fields.get(2)));
    } catch (RuntimeException e) {
      LOG.debug("the head of {} is unreadable: {}", one.feed().keys(), e.getMessage());
      return null;
    }
  }
}
