package dev.tandem.pubsub.presence;

import java.util.function.LongSupplier;

/** Gives a presence another monotonic clock. */
public final class PresenceClock {
  private PresenceClock() {}

  public static Presence build(PresenceBuilder builder, LongSupplier nanoTime) {
    return builder.nanoTime(nanoTime).build();
  }
}
