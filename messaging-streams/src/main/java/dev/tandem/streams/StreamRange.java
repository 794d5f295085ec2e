package dev.tandem.streams;

import dev.tandem.api.MessageId;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import dev.tandem.streams.internal.entry.EntryId;
import java.time.DateTimeException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A part of a stream, by ids or times. Times are those in the ids: the server's clock when the
 * message was published, to the millisecond.
 *
 * <p>Thread safety: immutable.
 */
public final class StreamRange {
  private static final StreamRange ALL = new StreamRange("-", "+");

  private final String from;
  private final String to;

  private StreamRange(String from, String to) {
    this.from = from;
    this.to = to;
  }

  /** The whole stream. */
  public static StreamRange all() {
    return ALL;
  }

  /** This range, from this message on. */
  public StreamRange from(MessageId id) {
    return new StreamRange(text(id), to);
  }

  /** This range, from right after this message on. */
  public StreamRange after(MessageId id) {
    return new StreamRange('(' + text(id), to);
  }

  /** This range, up to this message. */
  public StreamRange to(MessageId id) {
    return new StreamRange(from, text(id));
  }

  /** This range, up to right before this message. */
  public StreamRange before(MessageId id) {
    return new StreamRange(from, '(' + text(id));
  }

  /** This range, from this time on; from 1970. */
  public StreamRange from(Instant time) {
    return new StreamRange(millis("from", time) + "-0", to);
  }

  /** This range, up to right before this time. */
  public StreamRange before(Instant time) {
    return new StreamRange(from, '(' + (millis("before", time) + "-0"));
  }

  /** Where it begins, as Redis writes it. */
  String lower() {
    return from;
  }

  /** Where it ends, as Redis writes it. */
  String upper() {
    return to;
  }

  /** Whether nothing can lie in it, which Redis would refuse. */
  boolean isEmpty() {
    return to.equals("(0-0") || from.equals("(" + new EntryId(-1, -1));
  }

  static long millis(String what, @Nullable Instant time) {
    Instant given = Require.notNull(what, time);
    try {
      long millis = given.toEpochMilli();
      if (millis >= 0) {
        return Instant.ofEpochMilli(millis).isBefore(given) ? millis + 1 : millis;
      }
    } catch (ArithmeticException | DateTimeException e) {
      throw new InvalidValueException(what, given, "must be a time that ids can bear", e);
    }
    throw new InvalidValueException(what, given, "must not be before 1970");
  }

  private static String text(MessageId id) {
    return EntryId.parse(Require.notNull("message id", id).value()).toString();
  }

  @Override
  public String toString() {
    return "[" + from + ", " + to + "]";
  }
}
