package dev.tandem.streams;

import dev.tandem.api.MessageId;
import dev.tandem.api.internal.Require;
import dev.tandem.streams.internal.entry.EntryId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A place between two messages of a stream: where a tail begins, or where an admin puts a group at
 * once. A {@link StartPosition} only says where a worker's or consumer's group begins if it does
 * not exist yet.
 *
 * <p>Thread safety: immutable.
 */
public final class StreamPosition {
  private static final StreamPosition BEGINNING = new StreamPosition(EntryId.NONE);
  private static final StreamPosition NOW = new StreamPosition(null);

  private final @Nullable EntryId after;

  private StreamPosition(@Nullable EntryId after) {
    this.after = after;
  }

  /** Before the oldest message that is there. */
  public static StreamPosition beginning() {
    return BEGINNING;
  }

  /** After the newest message at that time. */
  public static StreamPosition now() {
    return NOW;
  }

  /**
   * After this message, which need not be there any more.
   *
   * @throws dev.tandem.api.error.InvalidValueException if it is not the id of a stream's message
   */
  public static StreamPosition after(MessageId id) {
    return new StreamPosition(EntryId.parse(Require.notNull("message id", id).value()));
  }

  /**
   * Before the first message published at this time or later, as far as ids tell: they bear the
   * server's clock, to the millisecond.
   *
   * @param time from 1970 on
   */
  public static StreamPosition at(Instant time) {
    long millis = StreamRange.millis("time", time);
    return millis == 0 ? BEGINNING : new StreamPosition(new EntryId(millis - 1, -1));
  }

  /** The last id before this place; null for now. */
  @Nullable EntryId id() {
    return after;
  }

  @Override
  public String toString() {
    return after == null ? "now" : after.equals(EntryId.NONE) ? "beginning" : "after " + after;
  }
}
