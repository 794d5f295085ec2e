package dev.tandem.api;

import dev.tandem.api.internal.Require;

/**
 * The identity of one message, unique within its tenant and destination.
 *
 * <p>A message in a stream is known by its stream entry id ({@code 1526919030474-55}), and a hybrid
 * message by that same id on its channel too. A message that only ever was on a channel bears the
 * publishing instance and a number ({@code k3x9q0a7-42}). Treat the text as opaque: its form says
 * nothing about order across destinations.
 *
 * <p>Thread safety: immutable.
 *
 * @param value the id as text, 1 to 128 characters
 */
public record MessageId(String value) {
  /** The longest id, in characters. */
  public static final int MAX_LENGTH = 128;

  /** Refuses ids that are empty, longer than {@link #MAX_LENGTH} or contain controls. */
  public MessageId {
    Require.text("message id", value, 1, MAX_LENGTH);
  }

  /** Returns the id with this text. */
  public static MessageId of(String value) {
    return new MessageId(value);
  }

  @Override
  public String toString() {
    return value;
  }
}
