package dev.tandem.streams.internal.schedule;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.ServerErrorException;
import dev.tandem.redis.command.Replies;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one promotion did.
 *
 * @param appended messages that are in the stream now
 * @param unreadable how many of these were garbage
 * @param missing entries that had no message
 * @param nextDueMillis in how many milliseconds the next is due, or -1
 * @param error what kept it from doing all, or null
 */
public record Promotion(
    long appended,
    long unreadable,
    long missing,
    long nextDueMillis,
    @Nullable MessagingException error) {
  static final Promotion NOTHING = new Promotion(0, 0, 0, -1, null);

  /** What is known if nothing waits, or if that could not be found out; null if something does. */
  static @Nullable Promotion ofNone(@Nullable Object exists) {
    try {
      return Replies.number(exists) == 0 ? NOTHING : null;
    } catch (MessagingException e) {
      return new Promotion(0, 0, 0, -1, e);
    }
  }

  static Promotion of(@Nullable Object reply) {
    try {
      return read(reply);
    } catch (MessagingException e) {
      return new Promotion(0, 0, 0, -1, e);
    }
  }

  private static Promotion read(@Nullable Object reply) {
    List<@Nullable Object> parts = Replies.list(reply);
    String failure = Replies.text(parts.get(4));
    return new Promotion(
        Replies.number(parts.get(0)),
        Replies.number(parts.get(1)),
        Replies.number(parts.get(2)),
        Replies.number(parts.get(3)),
        failure.isEmpty() ? null : new ServerErrorException(code(failure), true, failure, null));
  }

  private static ErrorCode code(String failure) {
    return failure.startsWith("QUOTA_EXCEEDED") ? ErrorCode.QUOTA_EXCEEDED : ErrorCode.SERVER_ERROR;
  }
}
