package dev.tandem.streams.internal.produce;

import dev.tandem.api.MessageId;
import dev.tandem.redis.command.Replies;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code append.lua} answered.
 *
 * @param outcome what became of the call
 * @param ids the ids of the entries that were appended, the first ones of the call
 * @param length how many entries the stream held then
 */
record Appended(Outcome outcome, List<MessageId> ids, long length) {
  enum Outcome {
    /** Appended, as far as there was room. */
    DONE,
    /** A later call of this producer was executed: this one was given up, here or elsewhere. */
    OVERTAKEN,
    /** What the server remembered of this producer is gone: appended before, or not. */
    FORGOTTEN,
    /** The call before it was not executed just before: nothing is appended. */
    OUT_OF_ORDER
  }

  private static final int OVERTAKEN = -1;
  private static final int FORGOTTEN = -2;
  private static final int OUT_OF_ORDER = -3;

  /**
   * Reads a reply.
   *
   * @throws dev.tandem.api.error.MessagingException that stands in its place
   */
  static Appended of(@Nullable Object reply) {
    List<@Nullable Object> parts = Replies.list(Replies.orThrow(reply));
    int count = Math.toIntExact(Replies.number(parts.get(0)));
    return switch (count) {
      case OVERTAKEN -> new Appended(Outcome.OVERTAKEN, List.of(), 0);
      case FORGOTTEN -> new Appended(Outcome.FORGOTTEN, List.of(), 0);
      case OUT_OF_ORDER -> new Appended(Outcome.OUT_OF_ORDER, List.of(), 0);
      default ->
          new Appended(
              Outcome.DONE, ids(Replies.text(parts.get(2)), count), Replies.number(parts.get(1)));
    };
  }

  private static List<MessageId> ids(String text, int count) {
    List<MessageId> ids = new ArrayList<>(count);
    if (text.indexOf(' ') >= 0) {
      for (String id : text.split(" ", -1)) {
        ids.add(MessageId.of(id));
      }
    } else if (count > 0) {
      int afterDash = text.indexOf('-') + 1;
      String millis = text.substring(0, afterDash);
      long first = Long.parseUnsignedLong(text, afterDash, text.length(), 10);
      for (int i = 0; i < count; i++) {
        ids.add(MessageId.of(millis + Long.toUnsignedString(first + i)));
      }
    }
    return ids;
  }
}
