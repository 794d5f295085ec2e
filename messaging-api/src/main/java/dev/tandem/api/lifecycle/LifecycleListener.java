package dev.tandem.api.lifecycle;

/**
 * Is told of each change of state.
 *
 * <p>Called on the thread that made the change, one call at a time and in order; it must not block.
 * An exception it throws is logged and changes nothing.
 */
@FunctionalInterface
public interface LifecycleListener {
  /** The state was {@code from} and now is {@code to}. */
  void onChange(LifecycleState from, LifecycleState to);
}
