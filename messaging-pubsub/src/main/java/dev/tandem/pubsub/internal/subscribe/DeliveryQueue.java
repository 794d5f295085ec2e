package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.pubsub.SubscribeOptions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The bounded queue in front of one listener, filled through one {@link Mailbox} for each channel
 * and emptied by one {@link Consumer}, one parcel at a time.
 *
 * <p>When a channel that can wait finds no room, nothing more is taken from any channel until all
 * that waits is delivered; then all of them read what they left. So no channel is kept waiting by
 * the others.
 *
 * <p>Thread safety: safe for use by many threads; {@link #next} is called by one at a time.
 */
final class DeliveryQueue<T> {
  private final ReentrantLock lock = new ReentrantLock();
  private final Backlog<T> backlog;
  private final Consumer consumer;
  private volatile List<Mailbox<T>> mailboxes = List.of();
  private Set<Mailbox<T>> waitingForRoom = Collections.emptySet();
  private boolean busy;
  private volatile boolean ending;
  private int rounds;
  private volatile boolean closed;

  DeliveryQueue(SubscribeOptions options, Consumer consumer) {
    this.backlog = Backlog.of(options);
    this.consumer = consumer;
  }

  /** Who empties it. Called with locks held: must return at once. */
  interface Consumer {
    /** Something waits, and the last call of {@link DeliveryQueue#next} gave nothing. */
    void ready();

    /** It was closed or disconnected; what waited is gone. */
    default void closed() {}
  }

  /** Adds a channel's way in. */
  void join(Mailbox<T> mailbox) {
    lock.lock();
    try {
      List<Mailbox<T>> more = new ArrayList<>(mailboxes);
      more.add(mailbox);
      mailboxes = List.copyOf(more);
    } finally {
      lock.unlock();
    }
  }

  /** Closes a channel's way in; what came in there still waits. */
  void leave(Mailbox<T> mailbox) {
    lock.lock();
    try {
      mailboxes = mailboxes.stream().filter(other -> other != mailbox).toList();
      waitingForRoom.remove(mailbox);
    } finally {
      lock.unlock();
    }
  }

  /** The channels' ways in. */
  List<Mailbox<T>> mailboxes() {
    return mailboxes;
  }

  /**
   * Takes messages.
   *
   * @param waits whether the mailbox is to be told when there is room, if there is none
   * @return false if there is no room
   */
  boolean offer(Parcel<T> parcel, boolean waits) {
    lock.lock();
    try {
      if (closed) {
        return true;
      }
      if (!waitingForRoom.isEmpty() || !backlog.offer(parcel)) {
        if (waits) {
          waitForRoom(parcel.mailbox());
        }
        return false;
      }
      if (!becomesBusy()) {
        return true;
      }
    } finally {
      lock.unlock();
    }
    consumer.ready();
    return true;
  }

  private void waitForRoom(Mailbox<T> mailbox) {
    if (waitingForRoom.isEmpty()) {
      waitingForRoom = new LinkedHashSet<>(2);
    }
    waitingForRoom.add(mailbox);
  }

  /** Takes a gap; there is always room. */
  void add(Parcel<T> gap) {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      backlog.add(gap);
      if (!becomesBusy()) {
        return;
      }
    } finally {
      lock.unlock();
    }
    consumer.ready();
  }

  private boolean becomesBusy() {
    boolean was = busy;
    busy = true;
    return !was;
  }

  /**
   * What is next, or null if nothing is; then the consumer will be called when that changes.
   *
   * @param done what was taken before and is done with
   */
  @Nullable Parcel<T> next(@Nullable Parcel<T> done) {
    List<Mailbox<T>> waited;
    lock.lock();
    try {
      if (done != null) {
        backlog.release(done);
      }
      Parcel<T> next = closed ? null : backlog.poll();
      if (next != null) {
        return next;
      }
      busy = false;
      if (waitingForRoom.isEmpty()) {
        return null;
      }
      waited = takeWaiting();
    } finally {
      lock.unlock();
    }
    waited.forEach(Mailbox::roomAgain);
    return null;
  }

  /** Those that wait for room; another one first each time, so that all get some. */
  private List<Mailbox<T>> takeWaiting() {
    List<Mailbox<T>> waited = new ArrayList<>(waitingForRoom);
    waitingForRoom = Collections.emptySet();
    Collections.rotate(waited, rounds++);
    return waited;
  }

  /** What was taken is done with, and nothing more is wanted now. */
  void release(Parcel<T> done) {
    lock.lock();
    try {
      backlog.release(done);
    } finally {
      lock.unlock();
    }
  }

  /** Drops what waits, takes nothing more, and lets the consumer know that this is the end. */
  void disconnect() {
    boolean idle;
    lock.lock();
    try {
      if (closed) {
        return;
      }
      shut();
      ending = true;
      idle = becomesBusy();
    } finally {
      lock.unlock();
    }
    consumer.closed();
    if (idle) {
      consumer.ready();
    }
  }

  /** Whether it was disconnected; true once. */
  boolean takeEnd() {
    if (!ending) {
      return false;
    }
    lock.lock();
    try {
      boolean was = ending;
      ending = false;
      return was;
    } finally {
      lock.unlock();
    }
  }

  /** Like {@link #takeEnd}, but not while somebody still empties it, who will ask, too. */
  boolean takeEndWhenIdle() {
    lock.lock();
    try {
      return !busy && takeEnd();
    } finally {
      lock.unlock();
    }
  }

  /** Drops what waits and takes nothing more. */
  void close() {
    lock.lock();
    try {
      if (closed && !ending) {
        return;
      }
      shut();
      ending = false;
    } finally {
      lock.unlock();
    }
    consumer.closed();
  }

  private void shut() {
    closed = true;
    backlog.clear();
    waitingForRoom = Collections.emptySet();
  }

  boolean isClosed() {
    return closed;
  }

  @Override
  public String toString() {
    List<Mailbox<T>> all = mailboxes;
    if (all.isEmpty()) {
      return "a subscription";
    }
    String first = all.get(0).toString();
    return all.size() == 1 ? first : first + " and " + (all.size() - 1) + " others";
  }

  int messages() {
    lock.lock();
    try {
      return backlog.messages();
    } finally {
      lock.unlock();
    }
  }

  long bytes() {
    lock.lock();
    try {
      return backlog.bytes();
    } finally {
      lock.unlock();
    }
  }
}
