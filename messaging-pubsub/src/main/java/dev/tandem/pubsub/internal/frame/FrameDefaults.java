package dev.tandem.pubsub.internal.frame;

import dev.tandem.api.MessageId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a received frame says for all its messages.
 *
 * @param ids the ids, whatever the messages say; null if they have theirs
 * @param counted the ids of those that have none; null if there are none
 * @param type of those that have none, or null
 * @param encoding of those that have none, or null
 */
record FrameDefaults(
    @Nullable List<String> ids,
    @Nullable CountedIds counted,
    @Nullable String type,
    @Nullable String encoding) {
  /** Checks what a frame says of its ids. */
  static FrameDefaults of(
      @Nullable List<String> ids,
      @Nullable String firstId,
      @Nullable String type,
      @Nullable String encoding,
      int messages)
      throws FrameFormatException {
    FrameParser.require(ids == null || ids.size() == messages, "ids are not one for each message");
    CountedIds counted = null;
    if (firstId != null) {
      counted = FrameParser.given("number in firstId", CountedIds.from(firstId));
      MessageId.of(firstId);
      MessageId.of(counted.at(messages - 1));
    }
    return new FrameDefaults(ids, counted, type, encoding);
  }
}
