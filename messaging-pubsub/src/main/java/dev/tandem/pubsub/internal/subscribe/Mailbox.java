package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.api.Gap;
import dev.tandem.api.Position;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveListener;
import dev.tandem.pubsub.LiveMessage;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.SubscriptionStats;
import dev.tandem.pubsub.internal.BusMetrics;
import dev.tandem.pubsub.internal.BusThreads;
import dev.tandem.pubsub.internal.Tally;
import dev.tandem.pubsub.internal.log.Origin;
import dev.tandem.pubsub.internal.log.ReceivedFrame;
import dev.tandem.pubsub.internal.log.ReceivedMessages;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bounded queue in front of one listener. A task of the delivery pool empties it, one at a
 * time, and gives the thread back after a while for others to have their turn.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class Mailbox<T> {
  private static final Logger LOG = LoggerFactory.getLogger(Mailbox.class);
  private static final int FRAMES_A_TURN = 16;

  private final Channel<T> channel;
  private final SubscribeOptions options;
  private final LiveListener<T> listener;
  private final String ownInstanceId;
  private final BusThreads threads;
  private final BusMetrics metrics;
  private final Runnable onEmpty;

  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<Item> queue = new ArrayDeque<>();
  private int queued;
  private long queuedBytes;
  private boolean scheduled;
  private volatile boolean closed;

  /** A LiveMessage or Position: after what the listener was called with last. */
  private volatile @Nullable Object place;

  private final AtomicLong delivered = new AtomicLong();
  private final AtomicLong recovered = new AtomicLong();
  private final AtomicLong repaired = new AtomicLong();
  private final AtomicLong gaps = new AtomicLong();
  private final AtomicLong duplicates = new AtomicLong();
  private final AtomicLong dropped = new AtomicLong();
  private final AtomicLong failures = new AtomicLong();

  /**
   * A frame from one message on, or a gap.
   *
   * @param frame the frame, or null
   * @param from the index of the first message
   * @param origin how it came
   * @param gap the gap, or null
   */
  private record Item(@Nullable ReceivedFrame frame, int from, Origin origin, @Nullable Gap gap) {
    int weight() {
      return frame == null ? 0 : frame.count() - from;
    }

    int bytes() {
      return frame == null ? 0 : frame.frame().size();
    }
  }

  /**
   * An empty mailbox.
   *
   * @param onEmpty called on a delivery thread whenever all that waited is delivered
   */
  Mailbox(
      Channel<T> channel,
      SubscribeOptions options,
      LiveListener<T> listener,
      String ownInstanceId,
      BusThreads threads,
      BusMetrics metrics,
      Runnable onEmpty) {
    this.channel = channel;
    this.options = options;
    this.listener = listener;
    this.ownInstanceId = ownInstanceId;
    this.threads = threads;
    this.metrics = metrics;
    this.onEmpty = onEmpty;
  }

  /** Says where the subscription begins. */
  void beginAt(Position start) {
    place = start;
  }

  /** After what the listener was called with last, or where the subscription began. */
  @Nullable Position position() {
    Object known = place;
    return known instanceof LiveMessage<?> message ? message.position() : (Position) known;
  }

  /** Takes a frame; false if there is no room. */
  boolean put(ReceivedFrame frame, int from, Origin origin) {
    return put(new Item(frame, from, origin, null));
  }

  /** Takes a gap; there is always room. */
  void put(Gap gap) {
    put(new Item(null, 0, Origin.LIVE, gap));
  }

  /** Counts a frame that arrived again. */
  void duplicate(ReceivedFrame frame) {
    duplicates.addAndGet(frame.count());
  }

  /** Counts a frame that is lost to this subscriber. */
  void drop(ReceivedFrame frame) {
    dropped.addAndGet(frame.count());
    metrics.dropped().add(frame.count());
  }

  private boolean put(Item item) {
    lock.lock();
    try {
      if (closed) {
        return true;
      }
      boolean full =
          queued + item.weight() > options.mostQueued()
              || queuedBytes + item.bytes() > options.mostQueuedBytes();
      if (full && queued > 0 && item.gap() == null) {
        return false;
      }
      queue.add(item);
      queued += item.weight();
      queuedBytes += item.bytes();
      if (scheduled) {
        return true;
      }
      scheduled = true;
    } finally {
      lock.unlock();
    }
    threads.deliver(this::takeTurn);
    return true;
  }

  private void takeTurn() {
    Item done = null;
    for (int i = 0; i < FRAMES_A_TURN; i++) {
      Item next = next(done);
      if (next == null) {
        onEmpty.run();
        return;
      }
      deliver(next);
      done = next;
    }
    finish(done);
    threads.deliver(this::takeTurn);
  }

  private @Nullable Item next(@Nullable Item done) {
    lock.lock();
    try {
      finish(done);
      Item next = queue.poll();
      if (next == null) {
        scheduled = false;
      }
      return next;
    } finally {
      lock.unlock();
    }
  }

  private void finish(@Nullable Item done) {
    if (done == null) {
      return;
    }
    lock.lock();
    try {
      queued -= done.weight();
      queuedBytes -= done.bytes();
    } finally {
      lock.unlock();
    }
  }

  private void deliver(Item item) {
    Gap gap = item.gap();
    if (gap != null) {
      deliver(gap);
      return;
    }
    ReceivedFrame frame = item.frame();
    if (frame == null) {
      return;
    }
    ReceivedMessages<T> messages = frame.messages(channel);
    boolean placed = channel.isRecoverable() && frame.frame().isRecoverable();
    for (int i = item.from(); i < frame.count() && !closed; i++) {
      LiveMessage<T> message = messages.get(i);
      if (isWanted(message)) {
        deliver(message);
        count(item.origin());
      }
      if (placed) {
        place = message;
      }
    }
  }

  private boolean isWanted(LiveMessage<T> message) {
    return (options.wantedTypes().isEmpty() || options.wantedTypes().contains(message.type()))
        && !(options.excludesOwn() && message.instanceId().equals(ownInstanceId));
  }

  private void deliver(LiveMessage<T> message) {
    try {
      listener.onMessage(message);
    } catch (Throwable e) {
      failed("a message", message.id().value(), e);
    }
  }

  private void deliver(Gap gap) {
    if (closed) {
      return;
    }
    try {
      listener.onGap(gap);
    } catch (Throwable e) {
      failed("a gap", gap.reason().name(), e);
    }
    gaps.incrementAndGet();
    metrics.gaps(gap.reason()).add(1);
    place = gap.resumesAt();
  }

  private void failed(String what, String which, Throwable e) {
    failures.incrementAndGet();
    metrics.listenerFailures().add(1);
    LOG.error("listener on channel {} failed on {} ({})", channel.name(), what, which, e);
  }

  private void count(Origin origin) {
    delivered.incrementAndGet();
    metrics.delivered().add(1);
    if (origin != Origin.LIVE) {
      (origin == Origin.RECOVERED ? recovered : repaired).incrementAndGet();
      Tally tally = origin == Origin.RECOVERED ? metrics.recovered() : metrics.repaired();
      tally.add(1);
    }
  }

  SubscriptionStats stats() {
    int waiting;
    lock.lock();
    try {
      waiting = queued;
    } finally {
      lock.unlock();
    }
    return new SubscriptionStats(
        delivered.get(),
        recovered.get(),
        repaired.get(),
        gaps.get(),
        duplicates.get(),
        dropped.get(),
        failures.get(),
        waiting);
  }

  /** Drops what waits and takes nothing more. */
  void close() {
    lock.lock();
    try {
      closed = true;
      queue.forEach(this::finish);
      queue.clear();
    } finally {
      lock.unlock();
    }
  }
}
