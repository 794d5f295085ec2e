package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.api.Gap;
import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.internal.log.LogCursor;
import dev.tandem.pubsub.internal.log.LogRequest;
import dev.tandem.pubsub.internal.log.Origin;
import dev.tandem.pubsub.internal.log.ReceivedFrame;
import dev.tandem.pubsub.internal.log.Replay;
import dev.tandem.pubsub.internal.log.SharedReads;
import dev.tandem.pubsub.internal.log.Start;
import dev.tandem.tenant.Tenant;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A subscription that misses nothing. Most of the time it takes what its feed passes on; when it
 * starts elsewhere than the feed stands, or its queue had no room, it reads the log by itself until
 * it has caught up.
 */
final class RecoverableSubscriber<T> extends LocalSubscriber<T>
    implements LogCursor.Sink, LogRequest {
  private final Channel<T> channel;
  private final SubscribeOptions options;
  private final Context context;
  private final ReentrantLock lock = new ReentrantLock();
  private final LogCursor cursor;
  private @Nullable SharedReads reads;

  RecoverableSubscriber(
      Tenant tenant,
      Channel<T> channel,
      SubscribeOptions options,
      DeliveryQueue<T> queue,
      Context context,
      Consumer<LocalSubscriber<?>> onClose) {
    super(tenant, channel, options, queue, context, onClose);
    this.channel = channel;
    this.options = options;
    this.context = context;
    Position after = options.startPosition();
    this.cursor = new LogCursor(this, new Start(options.beginning(), after), false);
    if (after != null) {
      mailbox().beginAt(after);
    }
  }

  /**
   * The feed is up to date and stands here, and these are the channel's reads; does nothing if this
   * was said before.
   */
  void start(Position feed, SharedReads channelReads) {
    lock.lock();
    try {
      if (reads != null) {
        return;
      }
      reads = channelReads;
      Position after = options.startPosition();
      boolean fromNow = options.beginning() == SubscribeOptions.Beginning.NOW;
      if (fromNow || feed.equals(after)) {
        mailbox().beginAt(feed);
        cursor.followFrom(feed);
        settle();
      } else if (cursor.wantRead(Origin.RECOVERED)) {
        read();
      }
    } finally {
      lock.unlock();
    }
  }

  /** The feed passes a frame on. */
  void offer(ReceivedFrame frame, Origin origin) {
    lock.lock();
    try {
      if (cursor.offer(frame, origin)) {
        read();
      }
    } finally {
      lock.unlock();
    }
  }

  /** The feed, which stood at {@code from}, has found a gap and goes on elsewhere. */
  void feedMoved(@Nullable Position from, Position resumesAt, GapReason reason) {
    lock.lock();
    try {
      if (reads == null) {
        return;
      }
      if (cursor.isFollowing() && from != null && from.equals(cursor.position())) {
        cursor.moveTo(resumesAt, reason);
      } else if (cursor.wantRead(Origin.RECOVERED)) {
        read();
      }
    } finally {
      lock.unlock();
    }
  }

  /** The feed is about to replay this: skips it if it is more than this one wants. */
  void replayComes(Replay replay) {
    lock.lock();
    try {
      Position at = cursor.position();
      GapReason gap = replay.gap();
      Position from = gap == null || isBeyond(at, replay.start()) ? at : replay.start();
      Position head = replay.head();
      if (cursor.isFollowing()
          && from != null
          && from.epoch().equals(head.epoch())
          && head.version() - from.version() > options.mostReplayed()) {
        cursor.moveTo(head, gap == null ? GapReason.TOO_FAR : gap);
      }
    } finally {
      lock.unlock();
    }
  }

  /** The log was just found to stand here, quiet: this one should, too. */
  void verify(Position head) {
    lock.lock();
    try {
      if (cursor.isFollowing()
          && !head.equals(cursor.position())
          && cursor.wantRead(Origin.REPAIRED)) {
        read();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Ends it, and leaves the queue to the others that fill it; returns the position after all that
   * it put there, or null if it had not begun.
   */
  @Nullable Position leaveAt() {
    leave();
    lock.lock();
    try {
      return cursor.position();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void onRoom() {
    lock.lock();
    try {
      if (cursor.resume()) {
        read();
      }
    } finally {
      lock.unlock();
    }
  }

  private void read() {
    Objects.requireNonNull(reads, "started").add(this);
  }

  @Override
  public boolean isWanted() {
    return !isClosed();
  }

  @Override
  public Start from() {
    lock.lock();
    try {
      return cursor.readFrom();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long maxReplay() {
    return options.mostReplayed();
  }

  /**
   * Whether this is in the new log already, has told why, and needs only what it misses of that.
   */
  private static boolean isBeyond(@Nullable Position at, Position start) {
    return at != null && at.epoch().equals(start.epoch()) && at.version() >= start.version();
  }

  @Override
  public boolean takesRemembered() {
    return true;
  }

  @Override
  public void done(Replay replay) {
    lock.lock();
    try {
      if (isClosed()) {
        return;
      }
      if (cursor.position() == null && replay.gap() == null) {
        mailbox().beginAt(replay.start());
      }
      if (cursor.apply(replay)) {
        read();
      } else {
        settle();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean accept(ReceivedFrame frame, int fromIndex, Origin origin) {
    boolean taken = mailbox().put(frame, fromIndex, origin);
    if (!taken) {
      context.metrics().overflows().add(1);
      if (origin == Origin.LIVE && cursor.isFollowing()) { // while catching up, reads just wait
        mailbox().tooSlow();
      }
    }
    return taken;
  }

  @Override
  public void gap(@Nullable Position from, Position resumesAt, GapReason reason) {
    mailbox().put(new Gap(channel.name(), from, resumesAt, reason));
  }
}
