package dev.tandem.streams;

import dev.tandem.api.MessageId;
import dev.tandem.api.internal.Require;
import dev.tandem.streams.internal.entry.EntryId;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Which pending messages to list.
 *
 * <p>Thread safety: immutable.
 *
 * @param consumer only those of this consumer; null for all
 * @param minIdle only those that nobody has touched for so long
 * @param after only those after this id; null for all
 */
public record PendingQuery(@Nullable String consumer, Duration minIdle, @Nullable MessageId after) {
  private static final Duration LONGEST = Duration.ofDays(36_500);
  private static final PendingQuery ALL = new PendingQuery(null, Duration.ZERO, null);

  /** Refuses what breaks a rule: times beyond 0 to 36,500 days, ids that no stream has. */
  public PendingQuery {
    if (consumer != null) {
      Require.text("consumer", consumer, 1, StreamAdmin.LONGEST_CONSUMER);
    }
    Require.inRange("minIdle", minIdle, Duration.ZERO, LONGEST);
    if (after != null) {
      EntryId.parse(after.value());
    }
  }

  /** All of them. */
  public static PendingQuery all() {
    return ALL;
  }

  /** Only those of this consumer. */
  public PendingQuery consumer(String name) {
    return new PendingQuery(Require.notNull("consumer", name), minIdle, after);
  }

  /** Only those that nobody has touched for so long. */
  public PendingQuery minIdle(Duration time) {
    return new PendingQuery(consumer, time, after);
  }

  /** Only those after this one: the next page. */
  public PendingQuery after(MessageId id) {
    return new PendingQuery(consumer, minIdle, Require.notNull("message id", id));
  }
}
