package dev.tandem.pubsub.internal.log;

import dev.tandem.api.Position;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.QuotaExceededException;
import dev.tandem.api.internal.Located;
import dev.tandem.pubsub.internal.BusMetrics;
import dev.tandem.pubsub.internal.BusThreads;
import dev.tandem.pubsub.internal.frame.Frame;
import dev.tandem.pubsub.internal.frame.FrameFormatException;
import dev.tandem.pubsub.internal.frame.FrameParser;
import dev.tandem.pubsub.internal.frame.FrameScripts;
import dev.tandem.pubsub.internal.frame.Nonces;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.QuotaKeys;
import dev.tandem.tenant.quota.Quota;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads pages of channels' logs, by the caller's thread; and has the bus's own few reading threads
 * for those who read on.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class LogReader {
  /** The most frames read at once: {@value}. */
  public static final int PAGE_FRAMES = 256;

  /** The most bytes read at once, unless two frames are larger: 1 MiB. */
  public static final int PAGE_BYTES = 1 << 20;

  private static final Logger LOG = LoggerFactory.getLogger(LogReader.class);
  private static final RetryPolicy BACKOFF =
      RetryPolicy.exponential(Duration.ofMillis(50), Duration.ofSeconds(5));

  private final RedisConnection redis;
  private final BusThreads threads;
  private final BusMetrics metrics;
  private final Nonces nonces;
  private final RandomGenerator random;
  private final @Nullable KeyLayout enforced;

  /** Guards who waits for a read of any channel; held for nothing else. */
  private final ReentrantLock waiting = new ReentrantLock();

  /** A reader over this connection. */
  public LogReader(
      RedisConnection redis,
      BusThreads threads,
      BusMetrics metrics,
      Nonces nonces,
      RandomGenerator random) {
    this.redis = redis;
    this.threads = threads;
    this.metrics = metrics;
    this.nonces = nonces;
    this.random = random;
    this.enforced = redis.enforcesQuotas() ? KeyLayout.of(redis) : null;
  }

  /**
   * Where the log stands now; it begins if there is none.
   *
   * @throws QuotaExceededException if it may not, by a quota that the connection enforces
   */
  public Position head(ChannelLog log) {
    try {
      return page(log, Start.NOW).head();
    } catch (MessagingException e) {
      throw Located.at(e, log.tenant().name(), log.channel().name());
    }
  }

  /**
   * Where a log stands.
   *
   * @param position null if it cannot be read in one call with others
   * @param passing why it could not be read now, if that will pass
   */
  record Head(@Nullable Position position, @Nullable MessagingException passing) {
    private static final Head UNREADABLE = new Head(null, null);
  }

  /**
   * Where these logs stand, in one pipeline; what keeps some from being read keeps no others.
   *
   * @throws MessagingException nothing was read
   */
  List<Head> heads(List<ChannelLog> logs) {
    List<List<Integer>> groups = ByTenant.places(logs, ChannelLog::tenant, FrameScripts.MOST_HEADS);
    List<@Nullable Object> replies =
        redis.commands().executeAll(groups.stream().map(some -> heads(logs, some)).toList());
    List<Head> heads = new ArrayList<>(Collections.nCopies(logs.size(), Head.UNREADABLE));
    for (int i = 0; i < groups.size(); i++) {
      List<Integer> group = groups.get(i);
      for (int j = 0; j < group.size(); j++) {
        ChannelLog log = logs.get(group.get(j));
        heads.set(group.get(j), headOf(log, replies.get(i), j * FrameScripts.HEAD_FIELDS));
      }
    }
    return heads;
  }

  private Command heads(List<ChannelLog> logs, List<Integer> places) {
    List<FrameScripts.Head> some = new ArrayList<>(places.size());
    for (int place : places) {
      ChannelLog log = logs.get(place);
      some.add(new FrameScripts.Head(log.keys(), nonces.next(), log.channel().retention()));
    }
    return FrameScripts.readHeads(some, quotas(logs.get(places.get(0))));
  }

  private static Head headOf(ChannelLog log, @Nullable Object reply, int from) {
    if (reply instanceof MessagingException error) {
      return failed(error);
    }
    try {
      List<@Nullable Object> fields = Replies.list(reply);
      return new Head(position(log, fields, from), null);
    } catch (QuotaExceededException e) {
      return new Head(null, e);
    } catch (RuntimeException e) {
      LOG.debug("unreadable head: {}", e.getMessage());
      return Head.UNREADABLE;
    }
  }

  /** What stays, a key of a wrong type, is left to the reads of the channels one by one. */
  private static Head failed(MessagingException error) {
    if (error.retryable() || error.code() == ErrorCode.OUTCOME_UNKNOWN) {
      return new Head(null, error);
    }
    LOG.debug("heads cannot be read together: {}", error.getMessage());
    return Head.UNREADABLE;
  }

  private static Position position(ChannelLog log, List<@Nullable Object> reply, int from) {
    String epoch = Replies.text(reply.get(from));
    long version = Replies.number(reply.get(from + 1));
    String nonce = Replies.text(reply.get(from + 2));
    if (version == FrameScripts.NO_ROOM) {
      throw new QuotaExceededException(
          log.tenant().name(),
          log.channel().name(),
          Quota.LIVE_CHANNELS.label(),
          Long.parseLong(nonce),
          true);
    }
    return new Position(epoch, version, nonce);
  }

  /** What may keep a log from beginning; null if nothing does. */
  private @Nullable QuotaKeys quotas(ChannelLog log) {
    return enforced == null ? null : enforced.quotas(log.tenant());
  }

  /** Reads from there on. */
  LogPage page(ChannelLog log, Start from) {
    metrics.reads().add(1);
    List<@Nullable Object> reply = Replies.list(redis.commands().execute(command(log, from)));
    Position head = position(log, reply, 0);
    long serverMillis = Replies.number(reply.get(4));
    long nowNanos = System.nanoTime();
    List<ReceivedFrame> frames = new ArrayList<>(reply.size() - FrameScripts.READ_FIELDS);
    for (Object stored : reply.subList(FrameScripts.READ_FIELDS, reply.size())) {
      try {
        Frame frame = FrameParser.parse(Replies.bytes(stored)).readAt(serverMillis, nowNanos);
        frames.add(new ReceivedFrame(frame, log.tenant()));
      } catch (FrameFormatException e) {
        metrics.ignored().add(1);
        LOG.warn("channel {} has stored what is not a frame: {}", log, e.getMessage());
      }
    }
    return new LogPage(head, since(from, head), frames, Replies.number(reply.get(3)) != 0);
  }

  private static long since(Start from, Position head) {
    Position at = from.after();
    if (at == null) {
      return from.equals(Start.OLDEST) ? 0 : LogPage.NOTHING;
    }
    return at.epoch().equals(head.epoch()) ? at.version() : 0;
  }

  private Command command(ChannelLog log, Start from) {
    String epoch = nonces.next();
    QuotaKeys quotas = quotas(log);
    Duration retention = log.channel().retention();
    Position after = from.after();
    if (after != null) {
      return FrameScripts.readAfter(
          log.keys(),
          quotas,
          epoch,
          retention,
          after.epoch(),
          after.version(),
          PAGE_FRAMES,
          PAGE_BYTES);
    }
    return switch (from.beginning()) {
      case OLDEST ->
          FrameScripts.readAll(log.keys(), quotas, epoch, retention, PAGE_FRAMES, PAGE_BYTES);
      case LATEST -> FrameScripts.readLatest(log.keys(), quotas, epoch, retention);
      default -> FrameScripts.readHead(log.keys(), quotas, epoch, retention);
    };
  }

  /** The lock of all who keep requests for this reader; to be held for a moment only. */
  ReentrantLock waiting() {
    return waiting;
  }

  /** Runs a task on a reading thread. */
  void soon(Runnable task) {
    threads.read(task);
  }

  /** Runs a task on a reading thread again after it has failed, later each time. */
  void afterFailure(ChannelLog log, int failures, Throwable e, Runnable again) {
    metrics.readFailures().add(1);
    if (failures == 1) {
      LOG.warn("cannot read channel {}, trying again until it works: {}", log, e.toString());
    }
    threads.later(BACKOFF.delayAfter(failures, random), () -> threads.read(again));
  }
}
