package dev.tandem.streams.internal.work;

import dev.tandem.api.lifecycle.Lifecycle;
import dev.tandem.api.lifecycle.LifecycleState;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a worker's state in line with what it follows from: whether it is paused, and how its
 * readers are doing. Whoever changes one of these brings the state in line afterwards. Two at a
 * time may take turns at it, but the last one to move it finds that it is right.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class WorkerState {
  private static final Logger LOG = LoggerFactory.getLogger(WorkerState.class);

  private final Lifecycle lifecycle;
  private final String consumer;
  private final BooleanSupplier paused;
  private final IntSupplier readers;
  private final Supplier<String> lastTrouble;
  private final Set<Reader> troubled = ConcurrentHashMap.newKeySet();
  private final Set<Reader> atWork = ConcurrentHashMap.newKeySet();

  /**
   * A state that follows from these.
   *
   * @param readers how many there are
   */
  WorkerState(
      Lifecycle lifecycle,
      String consumer,
      BooleanSupplier paused,
      IntSupplier readers,
      Supplier<String> lastTrouble) {
    this.lifecycle = lifecycle;
    this.consumer = consumer;
    this.paused = paused;
    this.readers = readers;
    this.lastTrouble = lastTrouble;
  }

  /** A reader is at work. */
  void working(Reader reader) {
    troubled.remove(reader);
    atWork.add(reader);
    align();
  }

  /** A reader met an error and tries again. */
  void troubled(Reader reader) {
    troubled.add(reader);
    align();
  }

  /** Brings the state in line. */
  void align() {
    LifecycleState state = lifecycle.state();
    LifecycleState right = rightAfter(state);
    while (right != state && lifecycle.tryMoveTo(right)) {
      if (right == LifecycleState.RECOVERING) {
        LOG.warn("{}: recovering: {}", consumer, lastTrouble.get());
      } else if (state == LifecycleState.RECOVERING && right == LifecycleState.RUNNING) {
        LOG.info("{}: at work again", consumer);
      }
      state = lifecycle.state();
      right = rightAfter(state);
    }
  }

  private LifecycleState rightAfter(LifecycleState state) {
    boolean starting = state == LifecycleState.STARTING;
    if (paused.getAsBoolean() && !starting) {
      return LifecycleState.PAUSED;
    }
    if (!troubled.isEmpty()) {
      return LifecycleState.RECOVERING;
    }
    return atWork.size() == readers.getAsInt() || state == LifecycleState.PAUSED
        ? LifecycleState.RUNNING
        : state;
  }
}
