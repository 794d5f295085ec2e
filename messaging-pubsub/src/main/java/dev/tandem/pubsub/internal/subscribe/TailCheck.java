package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.api.Position;
import dev.tandem.api.error.MessagingException;
import dev.tandem.pubsub.internal.BusThreads;
import dev.tandem.pubsub.internal.frame.FrameScripts;
import dev.tandem.pubsub.internal.frame.HeadDigest;
import dev.tandem.pubsub.internal.log.ByTenant;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.tenant.Tenant;
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
 * message that no other follows. Redis first answers one digest for many channels of a tenant; only
 * where that differs from what the feeds expect is it asked where each channel stands.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class TailCheck {
  private static final Logger LOG = LoggerFactory.getLogger(TailCheck.class);
  private static final int MOST_A_PIPELINE = 512;
  private static final int MOST_DIGESTS_A_PIPELINE = 32;

  /** Fewer channels are asked for one by one at once. */
  private static final int LEAST_A_DIGEST = 4;

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
  private record Quiet(ChannelFeed feed, Position position) {
    Tenant tenant() {
      return feed.tenant();
    }
  }

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
      compareEach(differing(quiet));
    } catch (MessagingException e) {
      LOG.debug("tail check failed: {}", e.getMessage());
    }
  }

  /** Those that may stand elsewhere; the others are settled. */
  private List<Quiet> differing(List<Quiet> quiet) {
    List<Quiet> left = new ArrayList<>();
    List<List<Quiet>> groups = new ArrayList<>();
    for (List<Integer> places : ByTenant.places(quiet, Quiet::tenant, FrameScripts.MOST_HEADS)) {
      List<Quiet> group = places.stream().map(quiet::get).toList();
      if (group.size() < LEAST_A_DIGEST) {
        left.addAll(group);
      } else {
        groups.add(group);
      }
    }
    for (int from = 0; from < groups.size(); from += MOST_DIGESTS_A_PIPELINE) {
      int to = Math.min(groups.size(), from + MOST_DIGESTS_A_PIPELINE);
      compareDigests(groups.subList(from, to), left);
    }
    return left;
  }

  private void compareDigests(List<List<Quiet>> groups, List<Quiet> left) {
    List<@Nullable Object> replies =
        redis.commands().executeAll(groups.stream().map(TailCheck::digestOf).toList());
    for (int i = 0; i < groups.size(); i++) {
      List<Quiet> group = groups.get(i);
      if (replies.get(i) instanceof byte[] digest
          && expected(group).equals(Replies.text(digest))) {
        group.forEach(each -> each.feed().onHead(each.position(), each.position()));
      } else {
        left.addAll(group);
      }
    }
  }

  private static Command digestOf(List<Quiet> group) {
    return FrameScripts.digestHeads(
        group.stream().map(quiet -> quiet.feed().keys().meta()).toList());
  }

  private static String expected(List<Quiet> group) {
    HeadDigest digest = new HeadDigest();
    group.forEach(quiet -> digest.add(quiet.position()));
    return digest.hex();
  }

  private void compareEach(List<Quiet> quiet) {
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
        .arg("epoch")
        .arg("version")
        .arg("nonce")
        .repeatable();
  }

  private static void compare(Quiet quiet, @Nullable Object reply) {
    if (reply instanceof MessagingException e) {
      LOG.debug("tail check of {} failed: {}", quiet.feed().keys(), e.getMessage());
      return;
    }
    quiet.feed().onHead(quiet.position(), head(quiet, Replies.list(reply)));
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
