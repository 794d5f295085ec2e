package dev.tandem.streams.internal.work;

import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One call of a handler. It ends, or overruns its time; what comes second does not count. It cannot
 * overrun before it is open: until then it holds nothing that could be failed. Safe for use by many
 * threads.
 */
abstract class Attempt {
  private enum State {
    NEW,
    OPEN,
    ENDED,
    OVERRUN
  }

  private final Flow flow;
  private final AtomicReference<State> state = new AtomicReference<>(State.NEW);

  /** A call on behalf of the tenant of this flow. */
  Attempt(Flow flow) {
    this.flow = flow;
  }

  /** Whose turn it takes. */
  final Flow flow() {
    return flow;
  }

  /** Calls the handler and deals with what comes of it. */
  abstract void run(long nowNanos);

  /** Deals with its having overrun, while the handler may still run on another thread. */
  abstract void fail(TimeoutException overrun);

  /** From now on it holds deliveries, which fail if it overruns. */
  final void open() {
    state.set(State.OPEN);
  }

  /** The handler has returned; false if that was too late. */
  final boolean end() {
    return state.compareAndSet(State.OPEN, State.ENDED);
  }

  /** The time is up; false if the handler has returned. */
  final boolean overrun() {
    return state.compareAndSet(State.OPEN, State.OVERRUN);
  }

  final boolean isOverrun() {
    return state.get() == State.OVERRUN;
  }
}
