package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.api.Position;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.WaitTimeoutException;
import dev.tandem.api.internal.Require;
import dev.tandem.pubsub.LiveEvent;
import dev.tandem.pubsub.LiveReader;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.Subscription;
import dev.tandem.pubsub.SubscriptionStats;
import dev.tandem.pubsub.internal.BusThreads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A queue that its user empties. */
final class PullReader<T> implements LiveReader<T>, DeliveryQueue.Consumer {
  private final BusThreads threads;
  private final DeliveryQueue<T> queue;
  private final EventCursor<T> events;
  private final Subscription subscription;
  private final Semaphore arrived = new Semaphore(0);

  /** Held by the thread whose turn it is to fetch; no thread of the bus ever takes it. */
  private final ReentrantLock turn = new ReentrantLock();

  private volatile boolean disconnected;

  /**
   * A reader.
   *
   * @param subscribe begins to fill its queue
   */
  PullReader(
      SubscribeOptions options,
      BusThreads threads,
      Function<DeliveryQueue<T>, Subscription> subscribe) {
    this.threads = threads;
    this.queue = new DeliveryQueue<>(options, this);
    this.events = new EventCursor<>(queue);
    this.subscription = subscribe.apply(queue);
  }

  @Override
  public void ready() {
    arrived.release();
  }

  @Override
  public void closed() {
    arrived.release();
    threads.deliver(this::endIfDisconnected);
  }

  private void endIfDisconnected() {
    if (queue.takeEnd()) {
      disconnected = true;
      queue.mailboxes().forEach(Mailbox::end);
    }
  }

  @Override
  public @Nullable LiveEvent<T> poll(Duration wait) {
    List<LiveEvent<T>> one = poll(1, wait);
    return one.isEmpty() ? null : one.get(0);
  }

  @Override
  public List<LiveEvent<T>> poll(int max, Duration wait) {
    Require.inRange("max", max, 1, 1_000_000);
    long deadline =
        System.nanoTime() + Require.inRange("wait", wait, Duration.ZERO, MAX_WAIT).toNanos();
    try {
      if (!turn.tryLock(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
        return List.of();
      }
      try {
        return pollInTurn(max, deadline);
      } finally {
        turn.unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new WaitTimeoutException("interrupted while waiting for a message", e);
    }
  }

  private List<LiveEvent<T>> pollInTurn(int max, long deadline) throws InterruptedException {
    while (true) {
      arrived.drainPermits();
      LiveEvent<T> first = events.next();
      if (first != null) {
        return max == 1 ? List.of(first) : andMore(first, max);
      }
      failIfClosed();
      long left = deadline - System.nanoTime();
      if (left <= 0 || !arrived.tryAcquire(left, TimeUnit.NANOSECONDS)) {
        return List.of();
      }
    }
  }

  private List<LiveEvent<T>> andMore(LiveEvent<T> first, int max) {
    List<LiveEvent<T>> all = new ArrayList<>();
    LiveEvent<T> next = first;
    while (next != null) {
      all.add(next);
      next = all.size() < max ? events.next() : null;
    }
    return all;
  }

  private void failIfClosed() {
    if (queue.isClosed()) {
      endIfDisconnected();
      throw new ClosedException(
          disconnected
              ? "the reader was too slow and has been disconnected"
              : "the reader is closed");
    }
  }

  @Override
  public Iterator<LiveEvent<T>> iterator() {
    return new Iterator<>() {
      private @Nullable LiveEvent<T> fetched;

      @Override
      public boolean hasNext() {
        try {
          while (fetched == null) {
            fetched = poll(MAX_WAIT);
          }
          return true;
        } catch (ClosedException e) {
          return false;
        }
      }

      @Override
      public LiveEvent<T> next() {
        LiveEvent<T> next = hasNext() ? fetched : null;
        if (next == null) {
          throw new NoSuchElementException("the reader is closed");
        }
        fetched = null;
        return next;
      }
    };
  }

  @Override
  public CompletableFuture<Void> active() {
    return subscription.active();
  }

  @Override
  public @Nullable Position position() {
    return subscription.position();
  }

  @Override
  public SubscriptionStats stats() {
    return subscription.stats();
  }

  @Override
  public void close() {
    subscription.close();
  }
}
