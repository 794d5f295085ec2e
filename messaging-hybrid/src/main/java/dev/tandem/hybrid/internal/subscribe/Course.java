package dev.tandem.hybrid.internal.subscribe;

import dev.tandem.api.Gap;
import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import dev.tandem.pubsub.LiveMessage;
import dev.tandem.streams.internal.entry.EntryId;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Where a subscription stands, and what is known of that place; passes on what comes next.
 *
 * <p>Thread safety: for one driver at a time, each of which sees what the one before it did;
 * anybody may ask for the position.
 */
final class Course<T> {
  private final String channel;
  private final Outlet<T> outlet;
  private final AtomicReference<@Nullable Place> place = new AtomicReference<>();
  private boolean proven;
  private @Nullable Refusal refusal;
  private @Nullable EntryId skipThrough;
  private boolean doubtful;
  private @Nullable Position entered;

  Course(String channel, Outlet<T> outlet) {
    this.channel = channel;
    this.outlet = outlet;
  }

  Outlet<T> outlet() {
    return outlet;
  }

  @Nullable Place place() {
    return place.get();
  }

  @Nullable Position at() {
    Place now = place.get();
    return now == null ? null : now.at();
  }

  /** Begins here, unless it has begun. */
  void beginAt(Place first) {
    place.compareAndSet(null, first);
  }

  /** Whether the stream is known to contain what was passed on last. */
  boolean isProven() {
    return proven;
  }

  /** It does: this entry. */
  void prove(ChannelEntry entry) {
    proven = true;
    place.set(Place.of(entry));
  }

  /** What the channel said last when it was asked to go on. */
  @Nullable Refusal refusal() {
    return refusal;
  }

  /** The channel cannot go on from where this stands. */
  void refused(Position from, Gap gap) {
    Place now = place.get();
    if (now == null || (!now.at().equals(from) && !from.equals(entered))) {
      now = Place.of(from); // past what had expired
      place.set(now);
    }
    refusal = Refusal.of(now.at(), gap);
    proven = false;
  }

  /** The subscriber has all up to this entry, which may be found once more on the channel. */
  void skipThrough(EntryId id) {
    skipThrough = id;
  }

  /** Nobody knows whether what comes next follows what the subscriber has. */
  void doubt() {
    doubtful = true;
  }

  boolean isDoubtful() {
    return doubtful;
  }

  /** A live message, which comes next. */
  void live(LiveMessage<T> message, Position at) {
    EntryId id = Place.idOf(message);
    proven = false;
    pass(message, new Place(at, id), false);
  }

  /** A message of the stream, which comes next. */
  void streamed(StreamedMessage<T> message, ChannelEntry entry, boolean expired) {
    proven = true;
    if (expired) {
      outlet.expired();
      place.set(Place.of(entry));
    } else {
      pass(message, Place.of(entry), true);
    }
  }

  private void pass(LiveMessage<T> message, Place next, boolean streamed) {
    EntryId id = next.id();
    EntryId through = skipThrough;
    if (id != null && through != null) {
      if (id.compareTo(through) <= 0) {
        doubtful = false; // so it reaches back to what the subscriber has
        place.set(next);
        return;
      }
      skipThrough = null;
    }
    if (doubtful && next.at().version() > 1) {
      gap(Place.before(next.at()), GapReason.TRIMMED);
    }
    doubtful = false;
    if (outlet.message(message, streamed)) {
      place.set(next);
    }
  }

  /** Messages are missing up to here, for good. */
  void gap(Position resumesAt, GapReason reason) {
    doubtful = false;
    proven = false;
    if (outlet.gap(new Gap(channel, at(), resumesAt, reason))) {
      place.set(Place.of(resumesAt));
    }
  }

  /**
   * Goes on with a new log of the channel, of which nothing is missing. Stands where it stood,
   * which the stream knows, until the new log has something.
   */
  void followsInto(Position newLog) {
    entered = newLog;
  }
}
