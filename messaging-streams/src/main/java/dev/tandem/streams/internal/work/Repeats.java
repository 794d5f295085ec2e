package dev.tandem.streams.internal.work;

import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.DeadLetterReason;
import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.streams.internal.group.Admission;
import dev.tandem.streams.internal.group.Backoff;
import dev.tandem.streams.internal.group.Counters;
import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.Lease;
import dev.tandem.streams.internal.wire.Pipelines;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Retries in order: failed deliveries wait here, still leased, until they are due. Then the server
 * counts one more delivery, if they are still ours, and they go to the slots again. Who crashes
 * meanwhile leaves a lease that runs out, like any other.
 */
final class Repeats {
  private static final Logger LOG = LoggerFactory.getLogger(Repeats.class);
  private static final int MOST = 256;
  private static final long COUNTED = 1;
  private static final long OTHER_GROUP = -2;
  private static final long LOST = 2;

  private final Shared shared;
  private final Slots slots;
  private final Completion completion;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final PriorityQueue<Waiting> waiting =
      new PriorityQueue<>(Comparator.comparingLong(one -> one.dueNanos));
  private boolean stopped;

  Repeats(Shared shared, Slots slots, Completion completion) {
    this.shared = shared;
    this.slots = slots;
    this.completion = completion;
  }

  /** Takes a delivery that was counted as failed. */
  void after(Single<?> attempt, Duration delay) {
    Lease lease = attempt.lease();
    if (lease.stream().isLeaving()) {
      waitInRedis(attempt, delay);
      return;
    }
    Waiting one = new Waiting(attempt, lease.entry(), new Backoff(shared.settings().random()));
    one.dueNanos = System.nanoTime() + delay.toNanos();
    if (!add(one)) {
      completion.hand(lease, new Outcome.Retry(delay));
    }
  }

  /** What of this stream waits here is to wait in Redis, and its lanes go on without it. */
  void leave(GroupStream stream) {
    List<Waiting> left = new ArrayList<>();
    lock.lock();
    try {
      for (Waiting one : waiting) {
        if (one.attempt.lease().stream() == stream) {
          left.add(one);
        }
      }
      waiting.removeAll(left);
    } finally {
      lock.unlock();
    }
    long now = System.nanoTime();
    left.forEach(
        one -> waitInRedis(one.attempt, Duration.ofNanos(Math.max(0, one.dueNanos - now))));
  }

  private void waitInRedis(Single<?> attempt, Duration delay) {
    completion.hand(attempt.lease(), new Outcome.Retry(delay));
    attempt.turns().passedOver(attempt);
  }

  private boolean add(Waiting one) {
    lock.lock();
    try {
      if (stopped) {
        return false;
      }
      waiting.add(one);
      if (waiting.peek() == one) {
        changed.signalAll();
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** To be called when the slots go on after a pause. */
  void resumed() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Ends the thread; what waits here is to wait in Redis, unless it is abandoned. */
  void stop() {
    List<Waiting> left;
    lock.lock();
    try {
      stopped = true;
      left = new ArrayList<>(waiting);
      waiting.clear();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (!completion.isAbandoned()) {
      long now = System.nanoTime();
      for (Waiting one : left) {
        Duration delay = Duration.ofNanos(Math.max(0, one.dueNanos - now));
        completion.hand(one.attempt.lease(), new Outcome.Retry(delay));
      }
    }
  }

  void run(Admission admission) {
    List<Waiting> due = new ArrayList<>();
    while (take(due)) {
      try {
        List<Waiting> batch = due;
        admission.exclusively(
            () -> {
              send(batch);
              return batch;
            });
      } catch (RuntimeException | Error e) {
        LOG.error("group {}: retrying failed in the worker itself", shared.settings().group(), e);
        due.stream().filter(one -> !one.done).forEach(this::tryLater);
      }
      due = new ArrayList<>();
      slots.pump();
    }
  }

  private boolean take(List<Waiting> due) {
    lock.lock();
    try {
      while (!stopped && due.isEmpty()) {
        long now = System.nanoTime();
        Waiting next = waiting.peek();
        if (next == null || slots.isPaused() || next.dueNanos - now > 0) {
          try {
            if (next == null || slots.isPaused()) {
              changed.await();
            } else {
              changed.awaitNanos(next.dueNanos - now);
            }
          } catch (InterruptedException e) {
            LOG.debug("interrupted, which does not end retries");
          }
        } else {
          while (next != null && next.dueNanos - now <= 0 && due.size() < MOST) {
            due.add(waiting.remove());
            next = waiting.peek();
          }
        }
      }
      return !due.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  private void send(List<Waiting> due) {
    List<Command> commands = new ArrayList<>();
    List<Waiting> asked = new ArrayList<>();
    for (Waiting one : due) {
      Lease lease = one.attempt.lease();
      if (lease.isLost()) {
        forget(one);
      } else if (lease.isOrphaned()) {
        completion.hand(lease, new Outcome.GiveUp(DeadLetterReason.PAYLOAD_LOST, ""));
        goOn(one);
      } else {
        // Renewing it with its former count must not look as if it were lost.
        shared.registry().finish(lease, false);
        commands.add(shared.leases().again(lease));
        asked.add(one);
      }
    }
    long sent = System.nanoTime();
    List<@Nullable Object> replies = Pipelines.executeAll(shared.redis(), commands);
    for (int i = 0; i < replies.size(); i++) {
      answered(asked.get(i), replies.get(i), sent);
    }
  }

  private void answered(Waiting one, @Nullable Object reply, long sent) {
    Lease lease = one.attempt.lease();
    Counters counters = lease.stream().counters();
    long code;
    try {
      code = Replies.number(reply);
    } catch (MessagingException e) {
      failed(one, e);
      return;
    }
    shared.standing().proven();
    if (code == COUNTED) {
      Lease next = new Lease(lease.stream(), one.entry, lease.deliveries() + 1, sent);
      one.done = true;
      shared.registry().settled(List.of(lease));
      counters.retried.add(1);
      if (shared.registry().add(next)) {
        counters.redelivered.add(1);
        slots.append(one.attempt.again(next));
      } else {
        // A reply was lost, and what it told was found under our name meanwhile: that one goes on.
        one.attempt.turns().passedOver(one.attempt);
      }
    } else if (code == LOST) {
      counters.payloadLost(1);
      forget(one);
    } else if (code == OTHER_GROUP) {
      shared.standing().groupMissing(lease.stream());
      tryLater(one);
    } else {
      if (lease.markLost()) {
        counters.leasesLost.add(1);
        LOG.warn("lease lost while it waited for its retry: {}", lease);
      }
      forget(one);
    }
  }

  private void failed(Waiting one, MessagingException error) {
    if (error instanceof ClosedException) {
      shared.standing().fatal(error);
    } else if (error.code() == ErrorCode.GROUP_MISSING) {
      shared.standing().groupMissing(one.attempt.lease().stream());
    }
    LOG.debug("{} could not be counted again, will be tried again", one.attempt.lease(), error);
    tryLater(one);
  }

  private void tryLater(Waiting one) {
    one.dueNanos = System.nanoTime() + one.backoff.next().toNanos();
    if (!add(one) && !completion.isAbandoned()) {
      completion.hand(one.attempt.lease(), new Outcome.Retry(Duration.ZERO));
    }
  }

  /** It is not ours any more: its lane goes on without it. */
  private void forget(Waiting one) {
    shared.registry().finish(one.attempt.lease(), false);
    shared.registry().settled(List.of(one.attempt.lease()));
    goOn(one);
  }

  private void goOn(Waiting one) {
    one.done = true;
    one.attempt.turns().passedOver(one.attempt);
  }

  /** One delivery that waits. Guarded by the lock, or by who has taken it out. */
  private static final class Waiting {
    final Single<?> attempt;
    final RawEntry entry;
    final Backoff backoff;
    long dueNanos;
    boolean done;

    Waiting(Single<?> attempt, RawEntry entry, Backoff backoff) {
      this.attempt = attempt;
      this.entry = entry;
      this.backoff = backoff;
    }
  }
}
