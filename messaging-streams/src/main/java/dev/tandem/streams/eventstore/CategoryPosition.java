package dev.tandem.streams.eventstore;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import dev.tandem.streams.internal.entry.EntryId;
import java.time.Instant;

/**
 * Where an event stands in its category. Later events have greater positions; they are not without
 * gaps. As text ({@code 1526919030474-55}) a position may be kept and read again.
 *
 * <p>Thread safety: immutable.
 *
 * @param millis when the event was appended, by the server's clock, in milliseconds since 1970;
 *     never less than that of the event before it
 * @param sequence the number within the millisecond
 */
public record CategoryPosition(long millis, long sequence) implements Comparable<CategoryPosition> {
  /** Before the first event. */
  public static final CategoryPosition BEGINNING = new CategoryPosition(0, 0);

  /** Refuses negative parts. */
  public CategoryPosition {
    Require.inRange("millis of position", millis, 0, Long.MAX_VALUE);
    Require.inRange("sequence of position", sequence, 0, Long.MAX_VALUE);
  }

  /**
   * Reads what {@link #toString()} wrote.
   *
   * @throws InvalidValueException if it is something else
   */
  public static CategoryPosition parse(String text) {
    EntryId id = EntryId.parse(Require.notNull("position", text));
    return new CategoryPosition(id.millis(), id.sequence());
  }

  /** When the event was appended, by the server's clock. */
  public Instant time() {
    return Instant.ofEpochMilli(millis);
  }

  @Override
  public int compareTo(CategoryPosition other) {
    int byTime = Long.compare(millis, other.millis);
    return byTime != 0 ? byTime : Long.compare(sequence, other.sequence);
  }

  @Override
  public String toString() {
    return millis + "-" + sequence;
  }
}
