package dev.tandem.hybrid.internal.subscribe;

import dev.tandem.api.Position;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Decides, once, whether a stretch of the way on the channel begins early enough; and knows when it
 * is over. Both are one step: from the moment that one caller hears that it is too late, nobody
 * goes on.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class LegGate {
  /** What a caller is to do. */
  enum Answer {
    /** Pass on what it has. */
    GO_ON,
    /** Nothing more; only the first is told so, and sees to what comes instead. */
    TOO_LATE,
    /** Nothing more. */
    OVER
  }

  private enum State {
    OPEN,
    BEGUN,
    OVER
  }

  private final @Nullable Position latest;
  private final AtomicReference<State> state = new AtomicReference<>(State.OPEN);

  /**
   * Nothing has begun.
   *
   * @param latest the latest place to begin at; null for any
   */
  LegGate(@Nullable Position latest) {
    this.latest = latest;
  }

  /** Whether it goes on, as one that begins after this version unless it has begun before. */
  Answer goOn(String epoch, long version) {
    if (state.get() == State.OPEN) {
      boolean reaches = reaches(epoch, version);
      if (state.compareAndSet(State.OPEN, reaches ? State.BEGUN : State.OVER)) {
        return reaches ? Answer.GO_ON : Answer.TOO_LATE;
      }
    }
    return isOver() ? Answer.OVER : Answer.GO_ON;
  }

  private boolean reaches(String epoch, long version) {
    return latest == null || (latest.epoch().equals(epoch) && version <= latest.version());
  }

  /** Whether nothing goes on any more. */
  boolean isOver() {
    return state.get() == State.OVER;
  }

  /** Ends it; false if it was over. */
  boolean end() {
    return state.getAndSet(State.OVER) != State.OVER;
  }
}
