package dev.tandem.streams.internal.eventstore;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.eventstore.RecordedEvent;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.tenant.AggregateKeys;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the events of one aggregate and makes sure that none is missing.
 *
 * @param <T> the payload's type
 */
public final class AggregateReader<T> {
  private final Place<T> place;
  private final AggregateKeys keys;

  /** A reader of this aggregate. */
  public AggregateReader(Place<T> place, AggregateKeys keys) {
    this.place = place;
    this.keys = keys;
  }

  /** A page, and where the aggregate stood when it was read. */
  private record Page(long version, boolean isDeleted, long first, List<RawEntry> entries) {}

  /** The events from this version on, 1 or more. */
  public Iterable<RecordedEvent<T>> from(long version) {
    return () -> iterator(version);
  }

  /** The last events, newest first. */
  public List<RecordedEvent<T>> last(int most) {
    Page page = read(-most, most);
    if (page.isDeleted()) {
      return List.of();
    }
    check(page, page.first(), most);
    List<RecordedEvent<T>> events = new ArrayList<>(page.entries().size());
    for (int i = page.entries().size() - 1; i >= 0; i--) {
      events.add(EventFormat.ofAggregate(place, keys, page.first() + i, page.entries().get(i)));
    }
    return List.copyOf(events);
  }

  private Iterator<RecordedEvent<T>> iterator(long from) {
    PageSize size = new PageSize();
    Iterator<Numbered> raw =
        new Paged<>() {
          private long next = from;

          @Override
          List<Numbered> fetch() {
            int most = size.next();
            Page page = read(next, most);
            if (page.isDeleted()) {
              if (next == from) {
                return List.of();
              }
              throw place.failed(
                  ErrorCode.VERSION_CONFLICT,
                  place.describe(keys) + " was deleted while it was read",
                  null);
            }
            check(page, next, most);
            size.learn(page.entries());
            List<Numbered> numbered = new ArrayList<>(page.entries().size());
            for (RawEntry entry : page.entries()) {
              numbered.add(new Numbered(next++, entry));
            }
            return numbered;
          }
        };
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return raw.hasNext();
      }

      @Override
      public RecordedEvent<T> next() {
        Numbered event = raw.next();
        return EventFormat.ofAggregate(place, keys, event.version(), event.entry());
      }
    };
  }

  private record Numbered(long version, RawEntry entry) {}

  private Page read(long from, int most) {
    List<@Nullable Object> reply =
        Replies.list(
            place
                .redis()
                .commands()
                .execute(
                    EventScripts.READ
                        .call(keys.stream(), keys.meta())
                        .arg(from)
                        .arg(most)
                        .repeatable()));
    if (reply.size() == 2) {
      throw place.damaged(keys, Replies.text(reply.get(1)));
    }
    return new Page(
        Replies.number(reply.get(0)),
        Replies.number(reply.get(1)) == 1,
        Replies.number(reply.get(2)),
        Replies.list(reply.get(3)).stream().map(RawEntry::of).toList());
  }

  /** Refuses a page that lacks an event or has one too many. */
  private void check(Page page, long first, int most) {
    long expected = first;
    for (RawEntry entry : page.entries()) {
      if (!entry.id().equals(new EntryId(expected, 0))) {
        throw place.damaged(
            keys, "in place of version " + expected + " there is an entry " + entry.id());
      }
      expected++;
    }
    if (expected - 1 > page.version() && !page.entries().isEmpty()) {
      throw place.damaged(keys, "it has more events than its version " + page.version());
    }
    if (page.entries().size() < most && expected <= page.version()) {
      throw place.damaged(keys, "version " + expected + " is missing");
    }
  }
}
