package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.api.error.MessagingException;
import dev.tandem.pubsub.LiveEvent;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.Subscription;
import dev.tandem.pubsub.internal.BusThreads;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A queue that is emptied into a {@code Flow.Subscriber} as far as it asks for, by the rules of
 * Reactive Streams. Whatever may change what is to be done counts {@link #pending} up; who counts
 * it up from zero starts the only task, which signals one after the other.
 */
final class FlowSubscription<T> implements Flow.Subscription, DeliveryQueue.Consumer, Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(FlowSubscription.class);
  private static final int EVENTS_A_TURN = 256;

  private final BusThreads threads;
  private final DeliveryQueue<T> queue;
  private final EventCursor<T> events;
  private final AtomicInteger pending = new AtomicInteger(1);
  private final AtomicLong demand = new AtomicLong();

  private volatile Flow.@Nullable Subscriber<? super LiveEvent<T>> subscriber;
  private volatile @Nullable Subscription subscription;
  private volatile @Nullable Throwable failure;
  private volatile boolean cancelled;

  FlowSubscription(
      SubscribeOptions options,
      BusThreads threads,
      Flow.Subscriber<? super LiveEvent<T>> subscriber) {
    this.threads = threads;
    this.subscriber = subscriber;
    this.queue = new DeliveryQueue<>(options, this);
    this.events = new EventCursor<>(queue);
  }

  /**
   * Hands itself over, and begins.
   *
   * @param subscribe begins to fill the queue
   */
  void begin(Function<DeliveryQueue<T>, Subscription> subscribe) {
    Flow.Subscriber<? super LiveEvent<T>> to = subscriber;
    try {
      if (to != null) {
        to.onSubscribe(this);
      }
      if (!cancelled) {
        Subscription begun = subscribe.apply(queue);
        subscription = begun;
        if (cancelled) {
          closeSubscription();
        }
        var unused = begun.active().whenComplete((active, error) -> failIfDenied(error));
      }
    } catch (MessagingException e) {
      failure = e;
      run(); // the bus may be closed, and its threads with it
      return;
    }
    threads.deliver(this); // it was pending, so that nothing came before onSubscribe had returned
  }

  /** A subscriber has no other way to learn that it may not hear what it subscribed to. */
  private void failIfDenied(@Nullable Throwable error) {
    Throwable denial = Denial.in(error);
    if (denial != null) {
      failure = denial;
      ready();
    }
  }

  @Override
  public void request(long n) {
    if (n > 0) {
      demand.accumulateAndGet(n, (had, more) -> had + more < 0 ? Long.MAX_VALUE : had + more);
    } else if (failure == null) {
      failure = new IllegalArgumentException("must ask for 1 or more, not " + n + " (rule 3.9)");
    }
    ready();
  }

  @Override
  public void cancel() {
    cancelled = true;
    closeSubscription();
    ready();
  }

  private void closeSubscription() {
    Subscription begun = subscription;
    if (begun != null) {
      begun.close();
    }
  }

  @Override
  public void ready() {
    if (pending.getAndIncrement() == 0) {
      threads.deliver(this);
    }
  }

  @Override
  public void closed() {
    ready();
  }

  @Override
  public void run() {
    int answered = pending.get();
    while (true) {
      if (!signal()) {
        threads.deliver(this); // others have their turn first
        return;
      }
      answered = pending.addAndGet(-answered);
      if (answered == 0) {
        return;
      }
    }
  }

  /** Signals what it can; false if there is more to do. */
  private boolean signal() {
    for (int i = 0; i < EVENTS_A_TURN; i++) {
      Flow.Subscriber<? super LiveEvent<T>> to = subscriber;
      if (to == null || cancelled) {
        subscriber = null;
        return true;
      }
      if (failure != null || queue.isClosed()) {
        end(to);
        return true;
      }
      LiveEvent<T> next = demand.get() == 0 ? null : events.next();
      if (next != null) {
        demand.updateAndGet(left -> left == Long.MAX_VALUE ? left : left - 1);
        signal(() -> to.onNext(next));
      } else if (!queue.isClosed()) {
        return true;
      }
    }
    return false;
  }

  private void end(Flow.Subscriber<? super LiveEvent<T>> to) {
    subscriber = null;
    cancelled = true;
    Throwable failed = failure;
    if (queue.takeEnd()) {
      queue.mailboxes().forEach(Mailbox::end);
    }
    closeSubscription();
    signal(failed == null ? to::onComplete : () -> to.onError(failed));
  }

  private void signal(Runnable call) {
    try {
      call.run();
    } catch (Throwable e) { // forbidden by rule 2.13: the subscriber is out of order
      LOG.error("a subscriber of {} failed and is cancelled", this, e);
      cancel();
    }
  }

  @Override
  public String toString() {
    return queue.toString();
  }
}
