package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.internal.BusMetrics;
import dev.tandem.pubsub.internal.frame.Frame;
import dev.tandem.pubsub.internal.log.LogCursor;
import dev.tandem.pubsub.internal.log.LogReader;
import dev.tandem.pubsub.internal.log.Origin;
import dev.tandem.pubsub.internal.log.ReceivedFrame;
import dev.tandem.pubsub.internal.log.Replay;
import dev.tandem.pubsub.internal.log.Start;
import dev.tandem.tenant.ChannelKeys;
import dev.tandem.tenant.Tenant;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The feed of a recoverable channel: one for each channel and process, however many subscribers it
 * has here.
 *
 * <pre>
 *                confirmed            read done
 *   SUBSCRIBING ───────────► SYNCING ───────────► LIVE ◄──────────► REPAIRING
 *        ▲                      │                  │   anomaly, tail    │
 *        └──────────────────────┴──── connection lost ──────────────────┘
 * </pre>
 *
 * <p>How it follows the log is the business of its {@link LogCursor}; this class connects that to
 * the connection, the reader and the subscribers. It keeps its position when the connection is
 * lost: once Redis has confirmed the new subscription, the log is read from there, and subscribers
 * notice nothing but the delay.
 *
 * <p><b>Subscribers.</b> A new one is started when the feed is live: one that wants what comes from
 * now on takes the feed's position; one that brings a position reads the log by itself, while the
 * frames that the feed passes on are held in its own cursor, and so meets the feed without a hole
 * and without a repetition, wherever the feed stands. From then on its cursor checks that each
 * frame fits, at the price of comparing two numbers and a nonce. So the two may never silently
 * drift apart: a subscriber that finds itself anywhere else than the feed reads the log.
 *
 * <p><b>Gaps.</b> When the feed finds a gap it tells the subscribers that stand where it stood; the
 * others find theirs by reading.
 */
final class ChannelFeed implements Feed, LogCursor.Sink {
  /** The least time between two reads that garbage causes. */
  private static final Duration GARBAGE_PAUSE = Duration.ofMillis(100);

  /** How long a quiet channel goes without a read, which keeps its identity from expiring. */
  private static final Duration TOUCH_EVERY = Duration.ofHours(12);

  private final Tenant tenant;
  private final Channel<?> channel;
  private final ChannelKeys keys;
  private final LogReader reader;
  private final BusMetrics metrics;
  private final Clock clock;

  private final ReentrantLock lock = new ReentrantLock();
  private final Set<RecoverableSubscriber<?>> subscribers = new LinkedHashSet<>();
  private final LogCursor cursor = new LogCursor(this, Start.NOW, true);
  private boolean abandoned;
  private boolean heardSinceCheck;
  private long readNumber;
  private long lastReadMillis;
  private long lastGarbageMillis;

  ChannelFeed(
      Tenant tenant,
      Channel<?> channel,
      ChannelKeys keys,
      LogReader reader,
      BusMetrics metrics,
      Clock clock) {
    this.tenant = tenant;
    this.channel = channel;
    this.keys = keys;
    this.reader = reader;
    this.metrics = metrics;
    this.clock = clock;
  }

  @Override
  public Channel<?> channel() {
    return channel;
  }

  /** The keys of the channel. */
  ChannelKeys keys() {
    return keys;
  }

  @Override
  public void add(LocalSubscriber<?> subscriber) {
    RecoverableSubscriber<?> added = (RecoverableSubscriber<?>) subscriber;
    lock.lock();
    try {
      subscribers.add(added);
      startThoseWaiting(Set.of(added));
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean remove(LocalSubscriber<?> subscriber) {
    lock.lock();
    try {
      subscribers.remove((RecoverableSubscriber<?>) subscriber);
      abandoned = subscribers.isEmpty();
      return abandoned;
    } finally {
      lock.unlock();
    }
  }

  private void startThoseWaiting(Set<RecoverableSubscriber<?>> waiting) {
    Position at = cursor.position();
    if (cursor.isFollowing() && at != null) {
      waiting.forEach(subscriber -> subscriber.start(at));
    }
  }

  @Override
  public void onSubscribed() {
    lock.lock();
    try {
      if (cursor.wantRead(Origin.RECOVERED)) {
        read();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void onLost() {
    lock.lock();
    try {
      cursor.lose();
      readNumber++; // what is under way now may miss what comes before the next confirmation
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void onFrame(Frame frame) {
    ReceivedFrame received = new ReceivedFrame(frame, tenant);
    lock.lock();
    try {
      if (!frame.isRecoverable()) {
        subscribers.forEach(subscriber -> subscriber.offerFleeting(received));
        return;
      }
      heardSinceCheck = true;
      if (cursor.offer(received, Origin.LIVE)) {
        repair();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void onGarbage() {
    lock.lock();
    try {
      long now = clock.millis();
      if (now - lastGarbageMillis < GARBAGE_PAUSE.toMillis()) {
        heardSinceCheck = false; // the next tail check looks here
      } else if (cursor.isFollowing() && cursor.wantRead(Origin.REPAIRED)) {
        lastGarbageMillis = now;
        repair();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean isLive() {
    lock.lock();
    try {
      return cursor.isFollowing();
    } finally {
      lock.unlock();
    }
  }

  /** The position to compare with Redis, or null if there is no need. */
  @Nullable Position quietSinceLastCheck() {
    lock.lock();
    try {
      boolean quiet = !heardSinceCheck;
      heardSinceCheck = false;
      if (!quiet || !cursor.isFollowing()) {
        return null;
      }
      if (clock.millis() - lastReadMillis > TOUCH_EVERY.toMillis()
          && cursor.wantRead(Origin.REPAIRED)) {
        read();
        return null;
      }
      return cursor.position();
    } finally {
      lock.unlock();
    }
  }

  /**
   * The log stood at {@code head} (null: there was none that can be read) some time after this feed
   * stood at {@code then}.
   */
  void onHead(Position then, @Nullable Position head) {
    lock.lock();
    try {
      if (!cursor.isFollowing() || !then.equals(cursor.position())) {
        return;
      }
      if (then.equals(head)) {
        subscribers.forEach(subscriber -> subscriber.verify(then));
      } else if (cursor.wantRead(Origin.REPAIRED)) {
        repair();
      }
    } finally {
      lock.unlock();
    }
  }

  private void repair() {
    metrics.repairs().add(1);
    read();
  }

  private void read() {
    readNumber++;
    lastReadMillis = clock.millis();
    reader.read(keys, channel, new Read(readNumber));
  }

  private void readDone(long number, Replay replay) {
    List<ReceivedFrame> frames =
        replay.frames().stream().map(frame -> new ReceivedFrame(frame, tenant)).toList();
    lock.lock();
    try {
      if (number != readNumber) {
        return;
      }
      if (!frames.isEmpty()) {
        subscribers.forEach(subscriber -> subscriber.replayComes(replay.head()));
      }
      if (cursor.apply(replay, frames)) {
        read();
      } else {
        startThoseWaiting(subscribers);
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean isCurrent(long number) {
    lock.lock();
    try {
      return number == readNumber && !abandoned;
    } finally {
      lock.unlock();
    }
  }

  private Start readFrom() {
    lock.lock();
    try {
      return cursor.readFrom();
    } finally {
      lock.unlock();
    }
  }

  private long mostReplayed() {
    lock.lock();
    try {
      return subscribers.stream().mapToLong(RecoverableSubscriber::maxReplay).max().orElse(0);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean accept(ReceivedFrame frame, int fromIndex, Origin origin) {
    subscribers.forEach(subscriber -> subscriber.offer(frame, origin));
    return true;
  }

  @Override
  public void gap(@Nullable Position from, Position resumesAt, GapReason reason) {
    subscribers.forEach(subscriber -> subscriber.feedMoved(from, resumesAt, reason));
  }

  @Override
  public void duplicate(ReceivedFrame frame) {
    metrics.duplicatesDropped().add(frame.count());
    subscribers.forEach(subscriber -> subscriber.mailbox().duplicate(frame));
  }

  @Override
  public void stale(ReceivedFrame frame) {
    metrics.stale().add(frame.count());
  }

  /** One read; of no use any more once another was begun or the connection was lost. */
  private final class Read implements LogReader.Request {
    private final long number;

    Read(long number) {
      this.number = number;
    }

    @Override
    public boolean isWanted() {
      return isCurrent(number);
    }

    @Override
    public Start from() {
      return readFrom();
    }

    @Override
    public long maxReplay() {
      return mostReplayed();
    }

    @Override
    public void done(Replay replay) {
      readDone(number, replay);
    }
  }
}
