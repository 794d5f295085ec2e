package dev.tandem.pubsub.internal.log;

import dev.tandem.api.Position;
import dev.tandem.api.RetryPolicy;
import dev.tandem.pubsub.Channel;
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
import dev.tandem.tenant.ChannelKeys;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads pages of channels' logs: by the caller's thread, or on the bus's own few reading threads
 * and then again and again until it succeeds or is not wanted any more.
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
  }

  /** What is read, for whom. Called on a reading thread; must return at once. */
  public interface Request {
    /** Whether the result is still of use. */
    boolean isWanted();

    /** Where to read from. */
    Start from();

    /** The most messages wanted. */
    long maxReplay();

    /** Takes what was read. */
    void done(Replay replay);
  }

  /** Where the log stands now. */
  public Position head(ChannelKeys keys, Channel<?> channel) {
    return page(keys, channel, Start.NOW).head();
  }

  /** Reads on a reading thread until that succeeds. */
  public void read(ChannelKeys keys, Channel<?> channel, Request request) {
    threads.read(() -> attempt(keys, channel, request, 1));
  }

  private void attempt(ChannelKeys keys, Channel<?> channel, Request request, int number) {
    if (!request.isWanted()) {
      return;
    }
    Replay replay;
    try {
      Start from = request.from();
      replay = Replay.of(from, request.maxReplay(), page(keys, channel, from));
    } catch (Throwable e) { // also errors: whoever asked waits for this
      metrics.readFailures().add(1);
      if (number == 1) {
        LOG.warn("cannot read channel {}, trying again until it works: {}", keys, e.toString());
      }
      Duration delay = BACKOFF.delayAfter(number, random);
      threads.later(delay, () -> threads.read(() -> attempt(keys, channel, request, number + 1)));
      return;
    }
    request.done(replay);
  }

  private LogPage page(ChannelKeys keys, Channel<?> channel, Start from) {
    metrics.reads().add(1);
    List<@Nullable Object> reply =
        Replies.list(redis.commands().execute(command(keys, channel, from)));
    Position head =
        new Position(
            Replies.text(reply.get(0)), Replies.number(reply.get(1)), Replies.text(reply.get(2)));
    long serverMillis = Replies.number(reply.get(4));
    long nowNanos = System.nanoTime();
    List<Frame> frames = new ArrayList<>(reply.size() - FrameScripts.READ_FIELDS);
    for (Object stored : reply.subList(FrameScripts.READ_FIELDS, reply.size())) {
      try {
        frames.add(FrameParser.parse(Replies.bytes(stored)).readAt(serverMillis, nowNanos));
      } catch (FrameFormatException e) {
        metrics.ignored().add(1);
        LOG.warn("channel {} has stored what is not a frame: {}", keys, e.getMessage());
      }
    }
    return new LogPage(head, frames, Replies.number(reply.get(3)) != 0);
  }

  private Command command(ChannelKeys keys, Channel<?> channel, Start from) {
    String epoch = nonces.next();
    Position after = from.after();
    if (after != null) {
      return FrameScripts.readAfter(
          keys,
          epoch,
          channel.retention(),
          after.epoch(),
          after.version(),
          PAGE_FRAMES,
          PAGE_BYTES);
    }
    return switch (from.beginning()) {
      case OLDEST ->
          FrameScripts.readAll(keys, epoch, channel.retention(), PAGE_FRAMES, PAGE_BYTES);
      case LATEST -> FrameScripts.readLatest(keys, epoch, channel.retention());
      default -> FrameScripts.readHead(keys, epoch, channel.retention());
    };
  }
}
