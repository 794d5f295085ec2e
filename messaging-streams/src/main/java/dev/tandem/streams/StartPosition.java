package dev.tandem.streams;

import dev.tandem.api.MessageId;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import dev.tandem.streams.internal.entry.EntryId;
import java.time.Instant;
import java.util.regex.Pattern;

/**
 * Where a group begins that does not exist yet. Without effect on a group that does.
 *
 * <p>It is a wish for a group that a worker or consumer may come to make, so it may lie ahead; a
 * {@link StreamPosition} is where a reader or an admin goes now.
 *
 * <p>A group that disappears is made again where it stood, not here, as long as a member of it
 * lives that knows. If none does, the next one makes it here.
 *
 * <p>Thread safety: immutable.
 */
public final class StartPosition {
  /** At the oldest message of the stream: nothing published before the first worker is missed. */
  public static final StartPosition BEGINNING = new StartPosition("0-0", "BEGINNING");

  /** After the newest message at the time when the first member of the group makes it. */
  public static final StartPosition NOW = new StartPosition("$", "NOW");

  private static final Pattern ENTRY_ID = Pattern.compile("\\d{1,20}-\\d{1,20}");
  private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59.999Z");
  private static final long LAST_OF_MILLISECOND = -1; // unsigned: the largest there is

  private final String lastPassedOver;
  private final String text;

  private StartPosition(String lastPassedOver, String text) {
    this.lastPassedOver = lastPassedOver;
    this.text = text;
  }

  /**
   * After the message of this id, which need not exist (any more): the first message handled is the
   * next one.
   *
   * @throws InvalidValueException if it is not the id of a message in a stream
   */
  public static StartPosition after(MessageId id) {
    String value = Require.notNull("start position", id).value();
    if (!ENTRY_ID.matcher(value).matches()) {
      throw new InvalidValueException(
          "start position", value, "must be the id of a stream entry, <milliseconds>-<number>");
    }
    String last = EntryId.parse(value).toString();
    return new StartPosition(last, "after " + last);
  }

  /**
   * At the first message published at this time or later, to the millisecond, as the ids tell it,
   * that is by the server's clock. May lie ahead: what is published before is passed over.
   *
   * @throws InvalidValueException if it lies before 1970 or after the year 9999
   */
  public static StartPosition at(Instant time) {
    Require.notNull("start position", time);
    if (time.isBefore(Instant.EPOCH) || time.isAfter(LATEST)) {
      throw new InvalidValueException("start position", time, "must lie in the years 1970 to 9999");
    }
    long millis = time.toEpochMilli();
    EntryId last = millis == 0 ? EntryId.NONE : new EntryId(millis - 1, LAST_OF_MILLISECOND);
    return new StartPosition(last.toString(), "at " + Instant.ofEpochMilli(millis));
  }

  /**
   * What is passed over, as Redis writes it: the id of the last such entry, or {@code $} for all
   * that there are.
   */
  public String lastPassedOver() {
    return lastPassedOver;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof StartPosition that && that.lastPassedOver.equals(lastPassedOver);
  }

  @Override
  public int hashCode() {
    return lastPassedOver.hashCode();
  }

  /** In words. */
  @Override
  public String toString() {
    return text;
  }
}
