package dev.tandem.streams.internal.eventstore;

import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.eventstore.RecordedEvent;
import dev.tandem.streams.internal.entry.RawEntry;
import java.util.Iterator;
import java.util.List;

/**
 * Reads the events of a category in order.
 *
 * @param <T> the payload's type
 */
public final class CategoryReader<T> {
  private final Place<T> place;

  /** A reader of this category. */
  public CategoryReader(Place<T> place) {
    this.place = place;
  }

  /**
   * The events from there on.
   *
   * @param start an id, or one after {@code (} to begin behind it
   */
  public Iterable<RecordedEvent<T>> from(String start) {
    return () -> iterator(start);
  }

  private Iterator<RecordedEvent<T>> iterator(String start) {
    PageSize size = new PageSize();
    Iterator<RawEntry> raw =
        new Paged<>() {
          private String next = start;

          @Override
          List<RawEntry> fetch() {
            List<RawEntry> page = page(next, size.next());
            size.learn(page);
            if (!page.isEmpty()) {
              next = "(" + page.get(page.size() - 1).id();
            }
            return page;
          }
        };
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return raw.hasNext();
      }

      @Override
      public RecordedEvent<T> next() {
        return EventFormat.ofCategory(place, raw.next());
      }
    };
  }

  private List<RawEntry> page(String from, int most) {
    Command range =
        Command.of("XRANGE")
            .key(place.keys().category())
            .arg(from)
            .arg("+")
            .arg("COUNT")
            .arg(most)
            .repeatable();
    return Replies.list(place.redis().commands().execute(range)).stream()
        .map(RawEntry::of)
        .toList();
  }
}
