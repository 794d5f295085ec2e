package dev.tandem.hybrid.internal.subscribe;

import dev.tandem.api.Position;
import dev.tandem.pubsub.LiveMessage;
import dev.tandem.streams.internal.entry.EntryId;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a subscription stands, on both sides.
 *
 * @param at on the channel
 * @param id in the stream, as far as known: a hint, to be checked
 */
record Place(Position at, @Nullable EntryId id) {
  /**
   * Stands for the nonce of a message that was removed before anybody could read it. As a random
   * word it is as unlikely as any.
   */
  private static final String UNKNOWN = "0";

  private static final Pattern STREAM_ID = Pattern.compile("\\d{1,18}-\\d{1,18}");

  static Place of(Position at) {
    return new Place(at, null);
  }

  static Place of(ChannelEntry entry) {
    return new Place(entry.at(), entry.id());
  }

  /** The stream's id of a live message, or null if it never was in a stream. */
  static @Nullable EntryId idOf(LiveMessage<?> message) {
    String id = message.id().value();
    return STREAM_ID.matcher(id).matches() ? EntryId.parse(id) : null;
  }

  /** Right before this position, by all that can be said. */
  static Position before(Position next) {
    long version = next.version() - 1;
    return new Position(next.epoch(), version, version == 0 ? "" : UNKNOWN);
  }

  /** Whether this position says which message it is after, or there is none before it. */
  static boolean canBeProven(Position at) {
    return at.version() > 0 && !at.nonce().equals(UNKNOWN);
  }
}
