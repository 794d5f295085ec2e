package dev.tandem.streams;

/**
 * How many messages of a stream a group has not read yet. What it has read and not acknowledged is
 * pending, not lag.
 *
 * <p>Thread safety: immutable.
 *
 * @param count how many
 * @param exactness what is known about the count
 */
public record Lag(long count, Exactness exactness) {
  /** How far a count can be relied on. */
  public enum Exactness {
    /** It was so many at the time. */
    EXACT,
    /** It is at least what was counted, and the rest guessed from the times in the ids. */
    ESTIMATED,
    /** It is at least so many; how many more cannot be told. */
    UNKNOWN
  }
}
