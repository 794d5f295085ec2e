package dev.tandem.streams.internal.read;

import dev.tandem.api.MessageId;
import dev.tandem.streams.StreamGap;
import dev.tandem.streams.internal.entry.EntryId;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * How far a tail has come in one stream, and whether something was removed in between.
 *
 * <p>Nothing was, for certain, if nothing was added since, or if an entry at or before the position
 * is still there, since trimming removes the oldest first. Otherwise it is a matter of counting:
 * how many entries were removed in all, against how many had been added up to the position. For one
 * thread.
 */
final class TailCursor {
  private @Nullable EntryId position;

  /** How many entries had been added up to the position; -1 if that is not known. */
  private long index = -1;

  /** What had been removed when there was no stream; -1 if there was one. */
  private long removedBefore = -1;

  /** Begins after this id; null for the end. */
  TailCursor(@Nullable EntryId position) {
    this.position = position;
  }

  /** The id that it stands after, or null as long as the end was not looked up. */
  @Nullable EntryId position() {
    return position;
  }

  /** Goes over a page; the gap before it, or null if there is none. */
  <T> @Nullable StreamGap<T> advance(String topic, Glimpse now) {
    EntryId from = now.position();
    if (now.last().compareTo(from) < 0) {
      restart(now);
      return gap(topic, from, null, true, OptionalLong.empty(), true);
    }
    if (now.last().equals(EntryId.NONE)) {
      restart(now);
      return null;
    }
    if (from.equals(EntryId.NONE) && index < 0) {
      index = removedBefore < 0 ? now.removed() : now.counted() ? 0 : removedBefore;
    }
    StreamGap<T> gap = now.last().equals(from) ? null : between(topic, from, now);
    position = from;
    if (!now.entries().isEmpty()) {
      position = now.entries().get(now.entries().size() - 1).id();
      index = index < 0 ? index : index + now.entries().size();
    } else if (gap != null) {
      position = now.last();
    }
    if (position.equals(now.last())) {
      index = now.added();
    }
    return gap;
  }

  private void restart(Glimpse now) {
    position = EntryId.NONE;
    index = -1;
    removedBefore = now.last().equals(EntryId.NONE) ? now.removed() : -1;
  }

  private <T> @Nullable StreamGap<T> between(String topic, EntryId from, Glimpse now) {
    EntryId first = now.first();
    if (first != null && first.compareTo(from) <= 0) {
      return null;
    }
    long missed = now.removed() - index;
    if (index >= 0 && missed == 0) {
      return null;
    }
    if (index < 0 && now.counted() && now.removed() == 0) {
      index = 0;
      return null;
    }
    boolean certain = index >= 0 && missed > 0;
    index = now.removed();
    return gap(
        topic,
        from,
        first,
        certain,
        certain ? OptionalLong.of(missed) : OptionalLong.empty(),
        false);
  }

  private static <T> StreamGap<T> gap(
      String topic,
      EntryId after,
      @Nullable EntryId resumesAt,
      boolean certain,
      OptionalLong missed,
      boolean reset) {
    return new StreamGap<>(
        topic,
        MessageId.of(after.toString()),
        resumesAt == null ? null : MessageId.of(resumesAt.toString()),
        certain,
        missed,
        reset);
  }
}
