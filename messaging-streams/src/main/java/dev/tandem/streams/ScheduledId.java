package dev.tandem.streams;

import dev.tandem.api.internal.Require;

/**
 * The identity of a scheduled message, by which it can be found and cancelled while it waits. Treat
 * the text as opaque.
 *
 * <p>It is not the id that the message has in its stream, which it gets when it is appended; the
 * message carries it from then on as the header {@value StreamScheduler#ID_HEADER}.
 *
 * <p>Thread safety: immutable.
 *
 * @param value the id as text
 */
public record ScheduledId(String value) {
  /** Refuses null. */
  public ScheduledId {
    Require.notNull("scheduled id", value);
  }

  /** Returns the id with this text. */
  public static ScheduledId of(String value) {
    return new ScheduledId(value);
  }

  @Override
  public String toString() {
    return value;
  }
}
