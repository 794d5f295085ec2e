package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.api.Gap;
import dev.tandem.api.Position;
import dev.tandem.pubsub.LiveListener;
import dev.tandem.pubsub.LiveMessage;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.internal.BusThreads;
import dev.tandem.pubsub.internal.log.ReceivedFrame;
import dev.tandem.pubsub.internal.log.ReceivedMessages;
import java.time.Duration;
import java.util.List;

/**
 * Empties a queue into a listener, on the delivery pool, or, if the listener has always returned at
 * once, on the thread that brings what it waits for; one task at a time. Gives the thread back
 * after a while for others to have their turn.
 */
final class ListenerTask<T> implements DeliveryQueue.Consumer, Runnable {
  private static final int PARCELS_A_TURN = 16;
  private static final long NANOS_A_TURN = Duration.ofMillis(20).toNanos();

  private final LiveListener<T> listener;
  private final BusThreads threads;
  private final DeliveryQueue<T> queue;
  private final Pace pace = new Pace(); // used between becoming ready and the queue's being empty

  ListenerTask(SubscribeOptions options, LiveListener<T> listener, BusThreads threads) {
    this.listener = listener;
    this.threads = threads;
    this.queue = new DeliveryQueue<>(options, this);
  }

  /** What it empties. */
  DeliveryQueue<T> queue() {
    return queue;
  }

  @Override
  public void ready() {
    if (pace.isQuick()) {
      threads.deliverQuick(this);
    } else {
      threads.deliver(this);
    }
  }

  @Override
  public void run() {
    long began = System.nanoTime();
    long before = began;
    Parcel<T> done = null;
    for (int i = 0; i < PARCELS_A_TURN; i++) {
      Parcel<T> next = queue.next(done);
      if (next == null) {
        endIfDisconnected();
        return;
      }
      boolean called = deliver(next);
      done = next;
      long now = System.nanoTime();
      if (called) {
        next.mailbox().counts().returned(next, now);
      }
      pace.took(now - before);
      before = now;
      if (now - began > NANOS_A_TURN) {
        break;
      }
    }
    if (done != null) {
      queue.release(done);
    }
    threads.deliver(this);
  }

  /** True if the listener was called with a message. */
  private boolean deliver(Parcel<T> parcel) {
    Mailbox<T> mailbox = parcel.mailbox();
    boolean called = false;
    ReceivedFrame frame = parcel.frame();
    Gap gap = parcel.gap();
    if (frame != null) {
      called = deliver(parcel, frame, mailbox);
    } else if (gap != null && !queue.isClosed()) {
      deliver(gap, mailbox);
    }
    Position seen = parcel.seen();
    if (seen != null && !queue.isClosed()) {
      mailbox.passed(seen);
    }
    return called;
  }

  private boolean deliver(Parcel<T> parcel, ReceivedFrame frame, Mailbox<T> mailbox) {
    ReceivedMessages<T> messages = mailbox.messages(frame);
    boolean placed = mailbox.isPlaced(frame);
    boolean called = false;
    for (int i = parcel.from(); i < parcel.to() && !queue.isClosed(); i++) {
      LiveMessage<T> message = messages.get(i);
      if (mailbox.lets(frame, i, message)) {
        deliver(message, mailbox);
        called = true;
        mailbox.counts().delivered(parcel.origin());
      }
      if (i == parcel.to() - 1) {
        mailbox.counts().flush(); // who sees the last position finds it counted
      }
      if (placed) {
        mailbox.passed(message);
      }
    }
    mailbox.counts().flush();
    return called;
  }

  private void deliver(LiveMessage<T> message, Mailbox<T> mailbox) {
    try {
      listener.onMessage(message);
    } catch (Throwable e) {
      mailbox.failed("listener", message.id().value(), e);
    }
  }

  private void deliver(Gap gap, Mailbox<T> mailbox) {
    try {
      listener.onGap(gap);
    } catch (Throwable e) {
      mailbox.failed("listener", "a gap, " + gap.reason(), e);
    }
    mailbox.counts().gap(gap.reason());
    mailbox.passed(gap.resumesAt());
  }

  private void endIfDisconnected() {
    if (!queue.takeEndWhenIdle()) {
      return;
    }
    List<Mailbox<T>> mailboxes = queue.mailboxes();
    mailboxes.forEach(Mailbox::end);
    Mailbox<T> only = mailboxes.size() == 1 ? mailboxes.get(0) : null;
    try {
      listener.onDisconnected(only == null ? null : only.position());
    } catch (Throwable e) {
      mailboxes.stream()
          .limit(1)
          .forEach(first -> first.failed("listener", "being disconnected", e));
    }
  }

  @Override
  public String toString() {
    return queue.toString();
  }
}
