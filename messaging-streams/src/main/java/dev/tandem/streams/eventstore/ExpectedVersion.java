package dev.tandem.streams.eventstore;

import dev.tandem.api.internal.Require;
import java.io.Serializable;

/**
 * What an aggregate must look like for a change to be made. Versions count events: an aggregate
 * stands at the version of its last event, the first of which is 1.
 *
 * <p>Thread safety: immutable.
 */
public final class ExpectedVersion implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final ExpectedVersion ANY = new ExpectedVersion(-1);
  private static final ExpectedVersion NONE = new ExpectedVersion(0);

  private final long number;

  private ExpectedVersion(long number) {
    this.number = number;
  }

  /**
   * Exactly this version, 1 or more; 0 is {@link #none()}, so that what {@link EventStore#version}
   * tells may be given.
   *
   * @throws dev.tandem.api.error.InvalidValueException if it is negative or beyond {@link
   *     EventStore#GREATEST_VERSION}
   */
  public static ExpectedVersion exactly(long version) {
    Require.inRange("expected version", version, 0, EventStore.GREATEST_VERSION);
    return version == 0 ? NONE : new ExpectedVersion(version);
  }

  /** No event yet. */
  public static ExpectedVersion none() {
    return NONE;
  }

  /** Whatever it is: no protection against concurrent changes. */
  public static ExpectedVersion any() {
    return ANY;
  }

  /** Whether any version will do. */
  public boolean isAny() {
    return number < 0;
  }

  /** The version, 0 for none, -1 for any. */
  long number() {
    return number;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ExpectedVersion expected && number == expected.number;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(number);
  }

  @Override
  public String toString() {
    return number < 0 ? "any" : number == 0 ? "none" : Long.toString(number);
  }
}
