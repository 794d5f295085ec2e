package dev.tandem.streams.internal.admin;

import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.streams.Lag;
import dev.tandem.streams.Lag.Exactness;
import dev.tandem.streams.internal.entry.EntryId;

/** How far groups lag. */
final class Lags {
  /** The most entries that are counted one by one. */
  static final long MOST_COUNTED = 10_000;

  private Lags() {}

  static Lag of(
      CommandExecutor executor, RedisKey stream, StreamState state, StreamState.Group group) {
    EntryId delivered = group.delivered();
    EntryId first = state.first();
    EntryId last = state.last();
    if (first == null || last == null || last.compareTo(delivered) <= 0) {
      return new Lag(0, Exactness.EXACT);
    }
    if (delivered.compareTo(first) < 0) {
      return new Lag(state.length(), Exactness.EXACT);
    }
    Long told = group.lag();
    if (told != null && isTrustworthy(state, group, told)) {
      return new Lag(told, Exactness.EXACT);
    }
    EntryCount counted = EntryCount.of(executor, stream, "(" + delivered, "+", MOST_COUNTED);
    return counted.complete()
        ? new Lag(counted.count(), Exactness.EXACT)
        : estimate(state, counted, first, last);
  }

  // Servers miscount after entries were deleted from the middle, or trimmed before they were read.
  private static boolean isTrustworthy(StreamState state, StreamState.Group group, long lag) {
    EntryId deleted = state.maxDeleted();
    return lag >= 0
        && lag <= state.length()
        && (deleted == null || deleted.compareTo(group.delivered()) <= 0)
        && state.lossOf(group.name()).unread() == 0;
  }

  private static Lag estimate(StreamState state, EntryCount counted, EntryId first, EntryId last) {
    EntryId reached = counted.last();
    double all = last.millis() - (double) first.millis();
    if (reached == null || all <= 0) {
      return new Lag(counted.count(), Exactness.UNKNOWN);
    }
    double rest = (last.millis() - (double) reached.millis()) / all * state.length();
    long most = Math.max(counted.count(), state.length());
    return new Lag(
        Math.min(most, counted.count() + Math.max(1, Math.round(rest))), Exactness.ESTIMATED);
  }
}
