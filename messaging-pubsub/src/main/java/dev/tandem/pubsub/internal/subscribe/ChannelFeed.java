package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.internal.BusMetrics;
import dev.tandem.pubsub.internal.BusThreads;
import dev.tandem.pubsub.internal.frame.Frame;
import dev.tandem.pubsub.internal.log.ChannelLog;
import dev.tandem.pubsub.internal.log.HeadReads;
import dev.tandem.pubsub.internal.log.LogCursor;
import dev.tandem.pubsub.internal.log.Origin;
import dev.tandem.pubsub.internal.log.ReceivedFrame;
import dev.tandem.pubsub.internal.log.RecentFrames;
import dev.tandem.pubsub.internal.log.Replay;
import dev.tandem.pubsub.internal.log.SharedReads;
import dev.tandem.pubsub.internal.log.Start;
import dev.tandem.tenant.ChannelKeys;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
 * now on takes the feed's position; one that brings a position reads the log by itself, together
 * with all others that do (see {@link SharedReads}), while the frames that the feed passes on are
 * held in its own cursor, and so meets the feed without a hole and without a repetition, wherever
 * the feed stands. From then on its cursor checks that each frame fits, at the price of comparing
 * two numbers and a nonce. So the two may never silently drift apart: a subscriber that finds
 * itself anywhere else than the feed reads the log.
 *
 * <p><b>Gaps.</b> When the feed finds a gap it tells the subscribers that stand where it stood; the
 * others find theirs by reading.
 */
final class ChannelFeed extends FeedBase<RecoverableSubscriber<?>> implements LogCursor.Sink {
  private static final Logger LOG = LoggerFactory.getLogger(ChannelFeed.class);

  /**
   * How long what does not fit waits for a read after one that garbage, or a frame that is not in
   * the log, has caused.
   */
  private static final Duration PAUSE = Duration.ofMillis(100);

  /**
   * How long a quiet channel goes without a look at its head, which keeps its identity from
   * expiring.
   */
  private static final Duration TOUCH_EVERY = Duration.ofHours(12);

  private final ChannelLog log;
  private final HeadReads heads;
  private final RecentFrames.Run recent;
  private final SharedReads reads;
  private final BusMetrics metrics;
  private final BusThreads threads;
  private final LongSupplier nanoTime;

  private final LogCursor cursor = new LogCursor(this, Start.NOW, true);
  private boolean abandoned;
  private boolean movedSinceCheck;
  private boolean checkedLast;
  private long readNumber;
  private long lastReadNanos;
  private long pauseEndNanos;
  private boolean isReadPutOff;
  private boolean toldOfUnversioned;

  ChannelFeed(ChannelLog log, FeedContext context) {
    this.log = log;
    this.heads = context.heads();
    this.recent = context.recent().run();
    this.reads = new SharedReads(log, context.reader(), recent);
    this.metrics = context.metrics();
    this.threads = context.threads();
    this.nanoTime = context.nanoTime();
    this.pauseEndNanos = nanoTime.getAsLong();
  }

  @Override
  public Channel<?> channel() {
    return log.channel();
  }

  /** The keys of the channel. */
  ChannelKeys keys() {
    return log.keys();
  }

  @Override
  public void add(LocalSubscriber<?> subscriber) {
    RecoverableSubscriber<?> added = (RecoverableSubscriber<?>) subscriber;
    lock.lock();
    try {
      admit(added);
      Position at = settledAt();
      if (at != null) {
        added.start(at, reads);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean remove(LocalSubscriber<?> subscriber) {
    lock.lock();
    try {
      boolean was = audience.remove(subscriber);
      abandoned = audience.isEmpty();
      if (abandoned) {
        recent.clear();
      }
      return was;
    } finally {
      lock.unlock();
    }
  }

  /** Where the log stands that it is up to date with, or null. */
  private @Nullable Position settledAt() {
    return cursor.isFollowing() ? cursor.position() : null;
  }

  @Override
  public void onSubscribed() {
    lock.lock();
    try {
      setConfirmed(true);
      if (cursor.wantRead(Origin.RECOVERED)) {
        heads.add(log, reads, newRead());
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void onLost() {
    lock.lock();
    try {
      setConfirmed(false);
      cursor.lose();
      readNumber++; // what is under way now may miss what comes before the next confirmation
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void onFrame(Frame frame) {
    lock.lock();
    try {
      if (!frame.isRecoverable()) {
        ignoreUnversioned(frame);
        return;
      }
      Position at = cursor.position();
      Frame known = at != null && at.equals(frame.before()) ? frame.from(at) : frame;
      ReceivedFrame received = new ReceivedFrame(known, log.tenant());
      if (cursor.offer(received, Origin.LIVE)) {
        repair();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Drops what claims no place in the log: it could neither be ordered nor read again. */
  private void ignoreUnversioned(Frame frame) {
    metrics.ignored().add(1);
    if (!toldOfUnversioned) {
      toldOfUnversioned = true;
      LOG.warn(
          "ignored on {}: a message of {} that is not in the channel's log; does it describe the"
              + " channel as fleeting?",
          log,
          frame.instanceId());
    }
  }

  @Override
  public void onGarbage() {
    lock.lock();
    try {
      if (cursor.isFollowing() && mayReadNow() && cursor.wantRead(Origin.REPAIRED)) {
        beginPause();
        repair();
      }
    } finally {
      lock.unlock();
    }
  }

  private void beginPause() {
    pauseEndNanos = nanoTime.getAsLong() + PAUSE.toNanos();
  }

  /** Whether there is no pause; if there is one, the log is read at its end. */
  @Override
  public boolean mayReadNow() {
    long left = pauseEndNanos - nanoTime.getAsLong();
    if (left <= 0) {
      return true;
    }
    if (!isReadPutOff) {
      isReadPutOff = true;
      threads.later(Duration.ofNanos(left), () -> threads.read(this::readAfterPause));
    }
    return false;
  }

  private void readAfterPause() {
    lock.lock();
    try {
      isReadPutOff = false;
      if (!abandoned && cursor.isFollowing() && cursor.wantRead(Origin.REPAIRED)) {
        beginPause(); // what comes while this one is under way waits for the next
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

  /**
   * The position to compare with Redis, or null if there is no need. Asked twice in each interval,
   * so that what is lost right behind a message that arrived is found within one: who has moved
   * since the last time is left out, and so is who was compared then.
   */
  @Nullable Position positionToCheck() {
    lock.lock();
    try {
      boolean skipped = movedSinceCheck || checkedLast;
      movedSinceCheck = false;
      checkedLast = false;
      if (skipped || !cursor.isFollowing()) {
        return null;
      }
      checkedLast = true;
      if (nanoTime.getAsLong() - lastReadNanos > TOUCH_EVERY.toNanos()
          && cursor.wantRead(Origin.REPAIRED)) {
        heads.add(log, reads, newRead());
        return null;
      }
      return cursor.position();
    } finally {
      lock.unlock();
    }
  }

  /** Whether the log stood at {@code then}, too, some time after this feed stood there. */
  void onHead(Position then, boolean isHead) {
    lock.lock();
    try {
      if (!cursor.isFollowing() || !then.equals(cursor.position())) {
        return;
      }
      if (isHead) {
        audience.forEach(subscriber -> subscriber.verify(then));
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
    reads.add(newRead());
  }

  /**
   * After a read that brought nothing, as when Redis confirmed twice, the head is likely enough.
   */
  private void readAgainAfter(Replay replay) {
    if (replay.gap() == null && replay.frames().isEmpty()) {
      heads.add(log, reads, newRead());
    } else {
      read();
    }
  }

  private FeedRead newRead() {
    readNumber++;
    lastReadNanos = nanoTime.getAsLong();
    return new FeedRead(this, readNumber);
  }

  /** The read of this number is done. */
  void readDone(long number, Replay replay) {
    lock.lock();
    try {
      if (number != readNumber) {
        return;
      }
      if (!replay.frames().isEmpty()) {
        audience.forEach(subscriber -> subscriber.replayComes(replay));
      }
      if (cursor.apply(replay)) {
        readAgainAfter(replay);
      } else {
        Position at = settledAt();
        if (at != null) {
          audience.forEach(threads, subscriber -> subscriber.start(at, reads));
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Whether the read of this number is still of use. */
  boolean isCurrent(long number) {
    lock.lock();
    try {
      return number == readNumber && !abandoned;
    } finally {
      lock.unlock();
    }
  }

  /** Where the present read is to begin. */
  Start readFrom() {
    lock.lock();
    try {
      return cursor.readFrom();
    } finally {
      lock.unlock();
    }
  }

  /** What the subscriber that wants most wants replayed. */
  long mostReplayed() {
    lock.lock();
    try {
      return audience.copy().stream().mapToLong(RecoverableSubscriber::maxReplay).max().orElse(0);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean accept(ReceivedFrame frame, int fromIndex, Origin origin) {
    if (!abandoned) {
      movedSinceCheck = true;
      recent.add(frame); // first: who reads by itself must find what it was offered
      audience.forEach(threads, subscriber -> subscriber.offer(frame, origin));
    }
    return true;
  }

  @Override
  public void gap(@Nullable Position from, Position resumesAt, GapReason reason) {
    recent.clear();
    audience.forEach(threads, subscriber -> subscriber.feedMoved(from, resumesAt, reason));
  }

  @Override
  public void duplicate(ReceivedFrame frame) {
    metrics.duplicatesDropped().add(frame.count());
    audience.forEach(subscriber -> subscriber.mailbox().duplicate(frame));
  }

  @Override
  public void stale(ReceivedFrame frame) {
    metrics.stale().add(frame.count());
  }

  @Override
  public void foreign(ReceivedFrame frame) {
    metrics.ignored().add(1);
    metrics.stale().add(frame.count());
    beginPause();
  }
}
