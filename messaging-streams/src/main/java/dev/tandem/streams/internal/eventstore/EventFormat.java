package dev.tandem.streams.internal.eventstore;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.Message;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.SerdeException;
import dev.tandem.streams.eventstore.CategoryPosition;
import dev.tandem.streams.eventstore.RecordedEvent;
import dev.tandem.streams.internal.entry.EntryFormat;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.tenant.AggregateKeys;
import org.jspecify.annotations.Nullable;

/**
 * How an event is stored: twice, with the fields of {@link EntryFormat}. In its aggregate's stream
 * its id is {@code <version>-0} and a further field {@value #POSITION} tells the position in the
 * category; in the category's stream its id is that position, and {@value #AGGREGATE} and {@value
 * #VERSION} tell the rest.
 */
final class EventFormat {
  static final String POSITION = "position";
  static final String AGGREGATE = "aggregate";
  static final String VERSION = "aggregate_version";

  private static final byte[] POSITION_BYTES = POSITION.getBytes(UTF_8);
  private static final byte[] AGGREGATE_BYTES = AGGREGATE.getBytes(UTF_8);
  private static final byte[] VERSION_BYTES = VERSION.getBytes(UTF_8);

  private EventFormat() {}

  /** Reads an entry of an aggregate's stream. */
  static <T> RecordedEvent<T> ofAggregate(
      Place<T> place, AggregateKeys aggregate, long version, RawEntry entry) {
    String what = place.describe(aggregate) + ", version " + version;
    return new RecordedEvent<>(
        aggregate.id(),
        version,
        position(place, what, text(entry.value(POSITION_BYTES))),
        message(place, what, entry));
  }

  /** Reads an entry of the category's stream. */
  static <T> RecordedEvent<T> ofCategory(Place<T> place, RawEntry entry) {
    Origin origin = origin(entry);
    String what = "category " + place.topic().name() + ", position " + entry.id();
    if (origin.aggregateId().isEmpty() || origin.version() < 1) {
      throw unreadable(place, what + ": the entry is not an event", null);
    }
    what += ", aggregate '" + origin.aggregateId() + "', version " + origin.version();
    return new RecordedEvent<>(
        origin.aggregateId(),
        origin.version(),
        position(place, what, entry.id().toString()),
        message(place, what, entry));
  }

  /** What an entry of the category's stream says it is; empty and 0 where it says nothing. */
  static Origin origin(RawEntry entry) {
    return new Origin(text(entry.value(AGGREGATE_BYTES)), number(text(entry.value(VERSION_BYTES))));
  }

  /** An aggregate and a version of it. */
  record Origin(String aggregateId, long version) {}

  private static <T> CategoryPosition position(Place<T> place, String what, String text) {
    try {
      EntryId id = EntryId.parse(text);
      return new CategoryPosition(id.millis(), id.sequence());
    } catch (InvalidValueException e) {
      throw unreadable(place, what + ": the event has no readable position", e);
    }
  }

  private static <T> Message<T> message(Place<T> place, String what, RawEntry entry) {
    try {
      return EntryFormat.decode(place.tenant(), place.topic(), entry);
    } catch (SerdeException e) {
      throw unreadable(place, what + ": " + e.getMessage(), e);
    }
  }

  private static <T> SerdeException unreadable(
      Place<T> place, String message, @Nullable Throwable cause) {
    return new SerdeException(
        "cannot read the event at " + message, cause, place.tenant().name(), place.topic().name());
  }

  private static long number(String text) {
    return text.matches("\\d{1,15}") ? Long.parseLong(text) : 0;
  }

  private static String text(byte @Nullable [] value) {
    return value == null ? "" : new String(value, UTF_8);
  }
}
