package dev.tandem.api.lifecycle;

/**
 * Is told of each change of state.
 *
 * <p>Called on the thread that made the change, one call at a time and in order; it must not block.
 * It may change the state itself: all listeners are told of the first change before any is told of
 * the second. What it throws goes to the owner's log and changes nothing.
 *
 * <p>Thread safety: need not be safe for use by many threads, if registered with one object only.
 */
@FunctionalInterface
public interface LifecycleListener {
  /** The state was {@code from} and now is {@code to}. */
  void onChange(LifecycleState from, LifecycleState to);
}
