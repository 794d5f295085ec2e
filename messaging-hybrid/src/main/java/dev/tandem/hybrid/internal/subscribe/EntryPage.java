package dev.tandem.hybrid.internal.subscribe;

import dev.tandem.api.Position;
import dev.tandem.streams.internal.entry.EntryId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of the stream.
 *
 * @param entries those of its entries that are on the channel, in the order in which they were read
 * @param last the one that was read last, on the channel or not
 * @param bytes how large all of them are
 * @param atEnd whether nothing stood behind it
 */
record EntryPage(List<ChannelEntry> entries, EntryId last, long bytes, boolean atEnd) {
  /** The rest of it, from this id on; counted as large as the whole. */
  EntryPage from(EntryId from) {
    int first = 0;
    while (first < entries.size() && entries.get(first).id().compareTo(from) < 0) {
      first++;
    }
    return first == 0
        ? this
        : new EntryPage(entries.subList(first, entries.size()), last, bytes, atEnd);
  }

  /** The id of the entry at this position, or null. */
  @Nullable EntryId find(Position at) {
    for (ChannelEntry entry : entries) {
      if (entry.at().version() == at.version() && entry.at().equals(at)) {
        return entry.id();
      }
    }
    return null;
  }
}
