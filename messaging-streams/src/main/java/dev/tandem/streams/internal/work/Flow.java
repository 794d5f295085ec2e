package dev.tandem.streams.internal.work;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What waits for a handler on behalf of one tenant, how many of its handlers run, and whether it
 * stands in line for its turn. Safe for use by many threads.
 */
final class Flow {
  private static final int WAITING_SHIFT = 32;
  private static final long WAITING = 1L << WAITING_SHIFT;
  private static final long RUNNING = 2;
  private static final long IN_LINE = 1;

  /** What waits, in the order in which it came. */
  final Queue<Attempt> attempts = new ConcurrentLinkedQueue<>();

  /** Waiting, running, and in line, together, so that they change together. */
  private final AtomicLong state = new AtomicLong();

  /**
   * What a change made of it.
   *
   * @param more how many more attempts may start now, or fewer
   * @param lineUp whether it is to be put in line by who made the change
   */
  record Change(int more, boolean lineUp) {}

  /** One more waits. */
  Change added(int mostRunning) {
    return change(WAITING, false, mostRunning);
  }

  /** Taken out of the line, it has one that waited begin. */
  Change began(int mostRunning) {
    return change(RUNNING - WAITING, true, mostRunning);
  }

  /** One that ran has ended. */
  Change ended(int mostRunning) {
    return change(-RUNNING, false, mostRunning);
  }

  private Change change(long by, boolean fromLine, int most) {
    while (true) {
      long before = state.get();
      boolean wasInLine = !fromLine && (before & IN_LINE) != 0;
      long after = (before & ~IN_LINE) + by;
      boolean inLine = startable(after, most) > 0;
      if (state.compareAndSet(before, inLine || wasInLine ? after | IN_LINE : after)) {
        int more = startable(after, most) - startable(before, most);
        return new Change(more, inLine && !wasInLine);
      }
    }
  }

  private static int startable(long state, int most) {
    int waiting = (int) (state >>> WAITING_SHIFT);
    int running = (int) (state & (WAITING - 1)) >>> 1;
    return Math.max(0, Math.min(waiting, most - running));
  }
}
