package dev.tandem.streams.internal.work;

import dev.tandem.streams.internal.group.Lease;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Gathers the deliveries of one stream into batches: a handler is asked for when a batch is full,
 * or some time after its first delivery came. Safe for use by many threads.
 */
final class Batcher<T> implements Line {
  private final BatchHandling<T> handling;
  private final Slots slots;
  private final Alarms alarms;
  private final Flow flow;
  private final int maxSize;
  private final long maxWaitNanos;

  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<Lease> waiting = new ArrayDeque<>();

  /** Attempts that are on their way and will each take a batch. */
  private int promised;

  private boolean timed;

  Batcher(BatchHandling<T> handling, Slots slots, Alarms alarms, Flow flow) {
    this.handling = handling;
    this.slots = slots;
    this.alarms = alarms;
    this.flow = flow;
    this.maxSize = handling.binding().maxSize();
    this.maxWaitNanos = handling.binding().maxWait().toNanos();
  }

  /** Whose turns its batches take. */
  Flow flow() {
    return flow;
  }

  @Override
  public void submit(List<Lease> leases) {
    lock.lock();
    try {
      waiting.addAll(leases);
      while (promise()) {
        slots.append(new Several<>(handling, this));
      }
    } finally {
      lock.unlock();
    }
    slots.pump();
  }

  private boolean promise() {
    int unpromised = waiting.size() - promised * maxSize;
    if (unpromised >= maxSize || (unpromised > 0 && maxWaitNanos == 0 && promised == 0)) {
      promised++;
      return true;
    }
    if (unpromised > 0 && maxWaitNanos > 0 && !timed) {
      timed = true;
      alarms.in(maxWaitNanos, this::waitedEnough);
    }
    return false;
  }

  private void waitedEnough() {
    boolean any;
    lock.lock();
    try {
      timed = false;
      any = waiting.size() > promised * maxSize;
      promised += any ? 1 : 0;
    } finally {
      lock.unlock();
    }
    if (any) {
      slots.submit(new Several<>(handling, this));
    }
  }

  /** What an attempt is to handle; may be nothing. */
  List<Lease> take() {
    List<Lease> batch = new ArrayList<>(Math.min(maxSize, 64));
    boolean more;
    lock.lock();
    try {
      promised--;
      while (batch.size() < maxSize && !waiting.isEmpty()) {
        batch.add(waiting.remove());
      }
      more = promise();
    } finally {
      lock.unlock();
    }
    if (more) {
      slots.submit(new Several<>(handling, this));
    }
    return batch;
  }
}
