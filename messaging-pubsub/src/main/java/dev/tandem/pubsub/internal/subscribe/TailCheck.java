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
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares the feeds that are quiet with Redis from time to time, in pipelines: finds the lost
 * message that no other follows. (A script that compares many channels in one call, by a digest,
 * costs the client a little less and the server nearly twice as much: one command each it is.)
 *
 * <p>Epoch and nonce tell whether anything has changed: no two frames of a log have one nonce.
 * Where they are others, the log is read.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class TailCheck {
  private static final Logger LOG = LoggerFactory.getLogger(TailCheck.class);
  private static final int MOST_A_PIPELINE = 512;
  private static final Argument EPOCH = Argument.of("epoch");
  private static final Argument NONCE = Argument.of("nonce");

  /** In each interval; see {@link ChannelFeed#positionToCheck}. */
  private static final int TICKS = 2;

  private final RedisConnection redis;
  private final BusThreads threads;
  private final Supplier<Collection<ChannelFeed>> feeds;

  TailCheck(RedisConnection redis, BusThreads threads, Supplier<Collection<ChannelFeed>> feeds) {
    this.redis = redis;
    this.threads = threads;
    this.feeds = feeds;
  }

  /** A feed and where it stood. */
  private record Quiet(ChannelFeed feed, Position position) {}

  void start(Duration interval) {
    threads.readEvery(interval.dividedBy(TICKS), this::check);
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
    return Command.of("HMGET").key(quiet.feed().keys().meta()).arg(EPOCH).arg(NONCE).repeatable();
  }

  private static void compare(Quiet quiet, @Nullable Object reply) {
    if (reply instanceof MessagingException e) {
      LOG.debug("tail check of {} failed: {}", quiet.feed().keys(), e.getMessage());
      return;
    }
    List<@Nullable Object> fields = Replies.list(reply);
    Position position = quiet.position();
    boolean isHead =
        position.nonce().equals(Replies.textOrNull(fields.get(1)))
            && position.epoch().equals(Replies.textOrNull(fields.get(0)));
    quiet.feed().onHead(position, isHead);
  }
}
