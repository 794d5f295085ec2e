package dev.tandem.api.audit;

import dev.tandem.api.error.ErrorCode;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Who published what where, and what became of it.
 *
 * <p>Thread safety: immutable.
 *
 * @param at when its outcome was known, by the process's clock
 * @param client the name of the connection
 * @param instance the live bus, or empty
 * @param tenant whose it is
 * @param kind where it went
 * @param destination the name of the topic or channel
 * @param type the message's type
 * @param key the message's key, or null
 * @param messageId its id, or null if it has none, or it is not known
 * @param version its version on a recoverable channel; 0 otherwise
 * @param failure why it was not published, or null: {@link ErrorCode#OUTCOME_UNKNOWN} says that it
 *     may have been
 */
public record AuditRecord(
    Instant at,
    String client,
    String instance,
    String tenant,
    Kind kind,
    String destination,
    String type,
    @Nullable String key,
    @Nullable String messageId,
    long version,
    @Nullable ErrorCode failure) {
  /** Where messages go. */
  public enum Kind {
    /** A stream. */
    STREAM,
    /** A live channel. */
    CHANNEL
  }
}
