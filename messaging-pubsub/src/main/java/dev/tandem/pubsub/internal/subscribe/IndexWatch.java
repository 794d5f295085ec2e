package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.pubsub.internal.BusThreads;
import dev.tandem.pubsub.internal.index.ChannelIndex;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches one tenant's index of channels for those who follow patterns there, and tells them what
 * it finds.
 *
 * <p>A registration is announced, but an announcement may be lost. So it only causes a look at the
 * index, as do the tail checks; and whenever the connection was made anew the whole index is read.
 * Nothing is known but by looks, of which there is one at a time: each tells what was registered
 * since a little before the one before.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class IndexWatch {
  private static final Logger LOG = LoggerFactory.getLogger(IndexWatch.class);

  /** How far a look goes back behind the one before, for failovers to a slower clock. */
  private static final Duration OVERLAP = Duration.ofMinutes(1);

  private static final Duration AFTER_FAILURE = Duration.ofMillis(500);

  private final ChannelIndex index;
  private final Tenant tenant;
  private final BusThreads threads;

  private final ReentrantLock lock = new ReentrantLock();
  private final Set<PatternSubscriber<?>> followers = new LinkedHashSet<>();
  private boolean confirmed;
  private boolean whole;
  private boolean scheduled;
  private boolean again;

  /** When the last look was, by the server's clock; used by one look at a time. */
  private long lookedMillis;

  private int failures;

  IndexWatch(ChannelIndex index, Tenant tenant, BusThreads threads) {
    this.index = index;
    this.tenant = tenant;
    this.threads = threads;
  }

  /** Adds one that follows; {@link #onConfirmed} comes after. */
  void add(PatternSubscriber<?> follower) {
    lock.lock();
    try {
      followers.add(follower);
    } finally {
      lock.unlock();
    }
  }

  /** Removes one; true if none is left, and then the watch is not used any more. */
  boolean remove(PatternSubscriber<?> follower) {
    lock.lock();
    try {
      return followers.remove(follower) && followers.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /** Who follows. */
  List<PatternSubscriber<?>> followers() {
    lock.lock();
    try {
      return new ArrayList<>(followers);
    } finally {
      lock.unlock();
    }
  }

  /** Registrations are announced from now on. */
  void onConfirmed() {
    lock.lock();
    try {
      confirmed = true;
      whole = true;
      schedule();
    } finally {
      lock.unlock();
    }
  }

  /** Registrations are not announced any more. */
  void onLost() {
    lock.lock();
    try {
      confirmed = false;
    } finally {
      lock.unlock();
    }
  }

  /** A channel was registered. */
  void onRegistered() {
    tick();
  }

  /** Looks, if that makes sense now. */
  void tick() {
    lock.lock();
    try {
      if (confirmed) {
        schedule();
      }
    } finally {
      lock.unlock();
    }
  }

  private void schedule() {
    again = true;
    if (!scheduled) {
      scheduled = true;
      threads.read(this::look);
    }
  }

  private void look() {
    boolean all;
    List<PatternSubscriber<?>> told;
    lock.lock();
    try {
      again = false;
      all = whole;
      whole = false;
      told = confirmed ? new ArrayList<>(followers) : List.of();
    } finally {
      lock.unlock();
    }
    Duration pause = Duration.ZERO;
    try {
      if (!told.isEmpty()) {
        look(all, told);
      }
      failures = 0;
    } catch (Throwable e) { // also errors: those who follow wait for this
      if (failures++ == 0) {
        LOG.warn("cannot look for channels of tenant {}, trying again: {}", tenant, e.toString());
      }
      pause = AFTER_FAILURE;
    }
    lookAgain(all, pause);
  }

  private void lookAgain(boolean all, Duration pause) {
    boolean failed = !pause.isZero();
    lock.lock();
    try {
      whole |= failed && all;
      again |= failed;
      scheduled = again;
      if (!scheduled) {
        return;
      }
    } finally {
      lock.unlock();
    }
    if (failed) {
      threads.later(pause, () -> threads.read(this::look));
    } else {
      threads.read(this::look);
    }
  }

  private void look(boolean all, List<PatternSubscriber<?>> told) {
    ChannelIndex.Names names = all ? index.all() : index.since(lookedMillis - OVERLAP.toMillis());
    boolean wentBack = names.serverMillis() < lookedMillis;
    if (!all && (wentBack || !names.complete())) {
      names = index.all();
      all = true;
    }
    boolean unbroken = !wentBack && names.serverMillis() - lookedMillis < OVERLAP.toMillis();
    for (PatternSubscriber<?> follower : told) {
      follower.look(index, names.names(), all, unbroken);
    }
    lookedMillis = names.serverMillis();
  }
}
