package dev.tandem.hybrid.internal.subscribe;

import dev.tandem.api.error.ClosedException;
import org.jspecify.annotations.Nullable;

/** Steps of a subscription, which end with it and whose trouble is its own. */
interface JourneySteps<T> extends CatchUpThreads.Steps {
  /** The subscription. */
  Journey<T> journey();

  @Override
  default boolean isOver() {
    return journey().isClosed();
  }

  @Override
  default void trouble(@Nullable Throwable error) {
    journey().trouble(error);
  }

  @Override
  default void end(ClosedException why) {
    journey().end(why);
  }
}
