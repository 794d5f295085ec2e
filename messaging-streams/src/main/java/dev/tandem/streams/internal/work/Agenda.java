package dev.tandem.streams.internal.work;

import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * When each of many streams is to be visited. Waking up costs as much as there is due, however many
 * streams there are. Safe for use by many threads.
 */
final class Agenda {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** What was superseded stays until its time has come, and counts for nothing then. */
  private final PriorityQueue<Note> notes =
      new PriorityQueue<>((one, other) -> Long.signum(one.atNanos - other.atNanos));

  private boolean closed;

  /** Plans a visit for this time, unless an earlier one is planned. */
  void plan(Visit visit, long atNanos) {
    lock.lock();
    try {
      Note planned = visit.planned;
      if (planned == null || atNanos - planned.atNanos < 0) {
        Note note = new Note(visit, atNanos);
        visit.planned = note;
        notes.add(note);
        if (notes.peek() == note) {
          changed.signalAll();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until a visit is due, but not longer than this, and takes off what is due then or shortly
   * afterwards; nothing once closed.
   */
  List<Visit> take(long mostNanos, long shortlyNanos) throws InterruptedException {
    List<Visit> due = new ArrayList<>();
    lock.lockInterruptibly();
    try {
      long start = System.nanoTime();
      long left = untilFirst(start, start, mostNanos);
      while (!closed && left > 0) {
        changed.awaitNanos(left);
        left = untilFirst(System.nanoTime(), start, mostNanos);
      }
      long now = System.nanoTime();
      if (closed || notes.isEmpty() || notes.element().atNanos - now > 0) {
        return due;
      }
      while (!notes.isEmpty() && notes.element().atNanos - now <= shortlyNanos) {
        Note note = notes.remove();
        if (note.visit.planned == note) {
          note.visit.planned = null;
          due.add(note.visit);
        }
      }
      return due;
    } finally {
      lock.unlock();
    }
  }

  private long untilFirst(long now, long start, long mostNanos) {
    long left = mostNanos - (now - start);
    Note first = notes.peek();
    return first == null ? left : Math.min(left, first.atNanos - now);
  }

  /** Ends waiting, for good. */
  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** One visit at one time. */
  static final class Note {
    private final Visit visit;
    private final long atNanos;

    private Note(Visit visit, long atNanos) {
      this.visit = visit;
      this.atNanos = atNanos;
    }
  }
}
