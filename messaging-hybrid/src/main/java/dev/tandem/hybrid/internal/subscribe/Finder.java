package dev.tandem.hybrid.internal.subscribe;

import dev.tandem.api.Position;
import dev.tandem.streams.internal.entry.EntryId;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Finds a channel's position in the stream, without reading what lies before it.
 *
 * <p>Entries stand in the order of their versions, in runs of one epoch each; a new run begins
 * where the channel's log was lost and the stream was not. So the end of the first run can be
 * halved for, then that of the second, and in the run of the wanted epoch the wanted version: some
 * forty small reads for each. Halving goes by the milliseconds of ids, and what is left of one
 * millisecond is for the caller to pass over.
 */
final class Finder {
  /** More losses of the channel's log than this are not looked behind. */
  private static final int MOST_RUNS = 64;

  private final StreamSide<?> stream;

  Finder(StreamSide<?> stream) {
    this.stream = stream;
  }

  /**
   * An id from which on the entries after this position are to be found, with entries of its epoch
   * first; null if the stream has none of its epoch.
   *
   * @param hint where it was met, or null
   */
  @Nullable EntryId find(Position at, @Nullable EntryId hint) {
    if (hint != null) {
      ChannelEntry entry = stream.onChannel(stream.entry(hint));
      if (entry != null && entry.at().equals(at)) {
        return hint;
      }
    }
    EntryId known = stream.known(at);
    if (known != null) {
      return known;
    }
    String epoch = at.epoch();
    ChannelEntry first = stream.first(EntryId.NONE);
    for (int run = 0; run < MOST_RUNS && first != null; run++) {
      String present = first.at().epoch();
      if (present.equals(epoch)) {
        return last(
            first,
            entry -> entry.at().epoch().equals(epoch) && entry.at().version() <= at.version());
      }
      first = behind(last(first, entry -> entry.at().epoch().equals(present)), present);
    }
    return null;
  }

  /** About the last entry for which this holds, as it does for {@code first} or for none. */
  private EntryId last(ChannelEntry first, Predicate<ChannelEntry> holds) {
    EntryId found = first.id();
    long low = found.millis();
    long high = EntryId.parse(stream.info().lastGenerated().value()).millis() + 1;
    while (low + 1 < high) {
      long middle = low + (high - low) / 2;
      ChannelEntry entry = stream.first(new EntryId(middle, 0));
      if (entry != null && holds.test(entry)) {
        found = entry.id();
        low = found.millis();
      } else {
        high = middle;
      }
    }
    return found;
  }

  /** The first entry from here on that is of another epoch, or null. */
  private @Nullable ChannelEntry behind(EntryId from, String epoch) {
    EntryId next = from;
    while (true) {
      EntryPage page = stream.page(next, StreamSide.PAGE);
      for (ChannelEntry entry : page.entries()) {
        if (!entry.at().epoch().equals(epoch)) {
          return entry;
        }
      }
      if (page.atEnd()) {
        return null;
      }
      next = page.last().next();
    }
  }
}
