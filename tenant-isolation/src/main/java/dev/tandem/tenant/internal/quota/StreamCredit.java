package dev.tandem.tenant.internal.quota;

import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.tenant.StreamKeys;
import dev.tandem.tenant.quota.Quota;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Room in one stream that was kept in advance, about as much as is used in a tenth of a second, and
 * what of it is under way.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
final class StreamCredit {
  private static final long LEASE = RateCredit.LEASE;
  private static final long REFUSED = TimeUnit.MILLISECONDS.toNanos(10);

  private final StreamKeys keys;
  private final String holder;
  private long leftEntries;
  private long leftBytes;
  private long usedEntries;
  private long usedBytes;
  private long underWayEntries;
  private long underWayBytes;
  private long backBytes;
  private long endNanos;
  private long refusedNanos;
  private long refusedEntries;
  private long refusedBytes;
  private @Nullable Quota refused;
  private boolean isTight;
  private long mostEntries;
  private long mostBytes;

  StreamCredit(StreamKeys keys, String holder) {
    this.keys = keys;
    this.holder = holder;
  }

  /** What the stream may hold; 0 for any number. */
  void limits(long entries, long bytes) {
    mostEntries = entries;
    mostBytes = bytes;
  }

  /** Takes room; the quota that leaves none, or null. */
  @Nullable Quota take(CommandExecutor redis, long entries, long bytes, long now) {
    if (leftEntries < entries || leftBytes < bytes || now - endNanos >= 0) {
      if (refused != null && isSurelyRefused(entries, bytes, now)) {
        return refused;
      }
      ask(redis, entries, bytes, now);
      if (refused != null) {
        return refused;
      }
    }
    leftEntries -= entries;
    leftBytes -= bytes;
    usedEntries += entries;
    usedBytes += bytes;
    underWayEntries += entries;
    underWayBytes += bytes;
    return null;
  }

  /** So many go without having been asked for; unless they fail, they are counted later. */
  void unasked(long entries, long bytes) {
    underWayEntries += entries;
    underWayBytes += bytes;
    backBytes -= bytes;
  }

  private void ask(CommandExecutor redis, long entries, long bytes, long now) {
    int times = now - endNanos < 0 ? 2 : 1;
    long wantedEntries = Math.max(RateCredit.LEAST_WANTED, times * usedEntries);
    long wantedBytes = Math.max(bytes / entries * wantedEntries, times * usedBytes);
    QuotaScripts.Room room =
        QuotaScripts.room(
            redis,
            new QuotaScripts.RoomQuestion(
                keys,
                holder,
                mostEntries,
                mostBytes,
                underWayEntries,
                underWayBytes,
                backBytes + leftBytes,
                entries,
                wantedEntries,
                bytes,
                wantedBytes));
    backBytes = 0;
    leftEntries = room.entries();
    leftBytes = room.bytes();
    usedEntries = 0;
    usedBytes = 0;
    endNanos = now + LEASE;
    isTight = room.isTight();
    refused = room.lacks();
    refusedNanos = now + REFUSED;
    refusedEntries = entries;
    refusedBytes = bytes;
  }

  /** Whether less was refused a moment ago. */
  private boolean isSurelyRefused(long entries, long bytes, long now) {
    return now - refusedNanos < 0 && entries >= refusedEntries && bytes >= refusedBytes;
  }

  /** What became of entries that room was taken for is known, as far as it ever will be. */
  void settled(long entries, long bytes, boolean isAppended) {
    underWayEntries = Math.max(0, underWayEntries - entries); // some went while there was no quota
    underWayBytes = Math.max(0, underWayBytes - bytes);
    refused = null;
    if (!isAppended) {
      backBytes += bytes;
    }
  }

  /** Whether others might be refused for what is kept here. */
  boolean isTight() {
    return isTight;
  }

  /** Whether some of it has no outcome yet. */
  boolean isUnderWay() {
    return underWayEntries > 0;
  }

  /** Gives back what is left. */
  void giveBack(CommandExecutor redis) {
    QuotaScripts.room(
        redis,
        new QuotaScripts.RoomQuestion(
            keys, holder, mostEntries, mostBytes, 0, 0, backBytes + leftBytes, 0, 0, 0, 0));
    backBytes = 0;
    leftEntries = 0;
    leftBytes = 0;
    isTight = false;
  }

  /** Whether nothing is lost if this is forgotten. */
  boolean isIdle(long now) {
    return underWayEntries == 0 && now - endNanos > LEASE;
  }
}
