package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.api.Position;
import dev.tandem.api.error.MessagingException;
import dev.tandem.pubsub.internal.BusThreads;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Argument;
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
 * message that no other follows. (A script that compares many channels in one call, by a digest,
 * costs the client a little less and the server nearly twice as much: one command each it is.)
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class TailCheck {
  private static final Logger LOG = LoggerFactory.getLogger(TailCheck.class);
  private static final int MOST_A_PIPELINE = 512;
  private static final Argument EPOCH = Argument.of("epoch");
  private static final Argument VERSION = Argument.of("version");
  private static final Argument NONCE = Argument.of("nonce");

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
  private record Quiet(ChannelFeed feed, Position position) {}

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
    List<Quiet> quiet = new ArrayList<>();
    for (ChannelFeed feed : feeds.get()) {
      Position position = feed.positionToCheck();
      if (position != null) {
        quiet.add(new Quiet(feed, position));
      }
    }
    try {
      compare(quiet);
    } catch (MessagingException e) {
      LOG.debug("tail check failed: {}", e.getMessage());
    }
  }

  private void compare(List<Quiet> quiet) {
    for (int from = 0; from < quiet.size(); from += MOST_A_PIPELINE) {
      List<Quiet> some = quiet.subList(from, Math.min(quiet.size(), from + MOST_A_PIPELINE));
      List<@Nullable Object> replies =
          redis.commands().executeAll(some.stream().map(TailCheck::command).toList());
      for (int i = 0; i < some.size(); i++) {
        compare(some.get(i), replies.get(i));
      }
    }
  }

  private static Command command(Quiet quiet) {
    return Command.of("HMGET")
        .key(quiet.feed().keys().meta())
        .arg(EPOCH)
        .arg(VERSION)
        .arg(NONCE)
        .repeatable();
  }

  private static void compare(Quiet quiet, @Nullable Object reply) {
    if (reply instanceof MessagingException e) {
      LOG.debug("tail check of {} failed: {}", quiet.feed().keys(), e.getMessage());
      return;
    }
    List<@Nullable Object> fields = Replies.list(reply);
    Position expected = quiet.position();
    quiet.feed().onHead(expected, isAt(expected, fields) ? expected : head(quiet, fields));
  }

  /** Whether the fields are those of this position, as is nearly always so. */
  private static boolean isAt(Position expected, List<@Nullable Object> fields) {
    return fields.get(0) instanceof byte[] epoch
        && fields.get(1) instanceof byte[] version
        && fields.get(2) instanceof byte[] nonce
        && Replies.text(version).equals(Long.toString(expected.version()))
        && Replies.text(epoch).equals(expected.epoch())
        && Replies.text(nonce).equals(expected.nonce());
  }

  /** The position in these fields; null if there is none, or none that can be read. */
  private static @Nullable Position head(Quiet quiet, List<@Nullable Object> fields) {
    if (fields.contains(null)) {
      return null;
    }
    try {
      return new Position(
          Replies.text(fields.get(0)), Replies.number(fields.get(1)), Replies.text(fields.get(2)));
    } catch (RuntimeException e) {
      LOG.debug("the head of {} is unreadable: {}", quiet.feed().keys(), e.getMessage());
      return null;
    }
  }
}
