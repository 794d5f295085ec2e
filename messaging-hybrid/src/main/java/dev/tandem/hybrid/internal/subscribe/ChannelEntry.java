package dev.tandem.hybrid.internal.subscribe;

import dev.tandem.api.Position;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.entry.RawEntry;

/**
 * An entry of the stream that was published to the channel, too.
 *
 * @param raw the entry
 * @param at where it stands on the channel
 */
record ChannelEntry(RawEntry raw, Position at) {
  EntryId id() {
    return raw.id();
  }
}
