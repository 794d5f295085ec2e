package dev.tandem.hybrid.internal.subscribe;

import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import dev.tandem.streams.StreamInfo;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.entry.RawEntry;

/**
 * Finds out what a stream id means on the channel.
 *
 * @param id the last entry that the subscriber has; {@link EntryId#NONE} for none
 */
record Beginning<T>(Course<T> course, StreamSide<T> stream, Journey<T> journey, EntryId id)
    implements JourneySteps<T> {
  @Override
  public boolean step() {
    RawEntry entry = id.equals(EntryId.NONE) ? null : stream.entry(id);
    if (id.equals(EntryId.NONE)) {
      beginWithOldest(id);
    } else if (entry == null) {
      beginBehindWhatIsGone();
    } else {
      ChannelEntry onChannel = stream.onChannel(entry);
      if (onChannel == null) {
        journey.catchUpAfter(id);
      } else {
        beginAt(onChannel);
      }
    }
    return false;
  }

  private void beginAt(ChannelEntry entry) {
    course.beginAt(Place.of(entry));
    journey.goLiveFrom(entry.at());
  }

  private void beginBehindWhatIsGone() {
    StreamInfo info = stream.info();
    EntryId last = EntryId.parse(info.lastGenerated().value());
    if (last.compareTo(id) < 0) {
      Position head = journey.head();
      boolean empty = last.equals(EntryId.NONE);
      course.gap(head, empty ? GapReason.EPOCH_CHANGED : GapReason.ROLLED_BACK);
      journey.goLiveFrom(head);
      return;
    }
    ChannelEntry before = stream.last(id);
    if (before != null) {
      course.skipThrough(id);
      beginAt(before);
      return;
    }
    if (stream.isWholeBehind(id)) {
      journey.catchUpAfter(id);
      return;
    }
    course.skipThrough(id);
    course.doubt();
    beginWithOldest(id.next());
  }

  /** The stream may get something, and the channel lose it, before the channel has begun. */
  private void beginWithOldest(EntryId from) {
    ChannelEntry oldest = stream.first(from);
    if (oldest == null) {
      Position head = journey.head();
      oldest = stream.first(from);
      if (oldest == null) {
        journey.goLiveFromOldest(head, this);
        return;
      }
    }
    journey.goLiveFromOldest(oldest);
  }

  @Override
  public String toString() {
    return "beginning at stream id " + id + " for " + journey;
  }
}
