package dev.tandem.streams.internal.work;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Whose handler is called next: tenants take turns, one call each, and the calls of one tenant come
 * in their order (round robin, as of Nagle, RFC 970, by tenant). So between two calls of a tenant
 * that waits lies at most one of each other tenant. A tenant of which the most run already is
 * passed over until one ends.
 *
 * <p>Takes no lock: a tenant is in the line at most once, and who takes it out is the only one that
 * takes from it, until it is back. Safe for use by many threads.
 */
final class FairQueue {
  private static final int GLANCES = 100;

  private final int mostRunning;
  private final Queue<Flow> line = new ConcurrentLinkedQueue<>();
  private final AtomicInteger startable = new AtomicInteger();

  /** A queue in which so many of one tenant run at a time at most. */
  FairQueue(int mostRunning) {
    this.mostRunning = mostRunning;
  }

  /** Takes an attempt, behind the others of its tenant. */
  void add(Attempt attempt) {
    Flow flow = attempt.flow();
    flow.attempts.add(attempt);
    apply(flow, flow.added(mostRunning));
  }

  /** The next one, which counts as running until {@link #ended}; null if none may start. */
  @Nullable Attempt poll() {
    Flow flow = line.poll();
    // In nobody's line for a moment is what another thread just takes from.
    for (int i = 0; flow == null && startable.get() > 0 && i < GLANCES; i++) {
      Thread.onSpinWait();
      flow = line.poll();
    }
    if (flow == null) {
      return null;
    }
    Attempt attempt = flow.attempts.poll();
    apply(flow, flow.began(mostRunning));
    return attempt;
  }

  /** One that was polled has ended. */
  void ended(Attempt attempt) {
    Flow flow = attempt.flow();
    apply(flow, flow.ended(mostRunning));
  }

  private void apply(Flow flow, Flow.Change change) {
    if (change.more() != 0) {
      startable.addAndGet(change.more());
    }
    if (change.lineUp()) {
      line.add(flow);
    }
  }

  /** How many attempts wait that may start. */
  int startable() {
    return startable.get();
  }
}
