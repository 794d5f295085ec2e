package dev.tandem.redis.batch;

import dev.tandem.api.internal.Require;
import java.time.Duration;

/**
 * The bounds of a {@link BatchSender}.
 *
 * <p>Thread safety: immutable.
 *
 * @param maxEntries the most entries in one batch
 * @param maxBytes the most bytes in one batch; an entry larger than this travels alone
 * @param linger how long to wait for more entries before a batch is sent that is not full; zero
 *     sends what there is as soon as the previous batch is done
 * @param bufferEntries the most entries waiting
 * @param bufferBytes the most bytes waiting; an entry larger than this is taken when nothing waits
 * @param maxWait how long a caller may wait for room
 */
public record BatchSettings(
    int maxEntries,
    int maxBytes,
    Duration linger,
    int bufferEntries,
    long bufferBytes,
    Duration maxWait) {

  /** 1,024 entries or 1 MiB a batch, no linger; 65,536 entries or 64 MiB waiting, for up to 5 s. */
  public static final BatchSettings DEFAULT =
      new BatchSettings(1_024, 1 << 20, Duration.ZERO, 65_536, 64L << 20, Duration.ofSeconds(5));

  /** Refuses values out of range. */
  public BatchSettings {
    Require.inRange("batch entries", maxEntries, 1, 65_536);
    Require.inRange("batch bytes", maxBytes, 1, 1 << 30);
    Require.inRange("linger", linger, Duration.ZERO, Duration.ofMinutes(1));
    Require.inRange("buffer entries", bufferEntries, 1, 100_000_000);
    Require.inRange("buffer bytes", bufferBytes, 1L, Long.MAX_VALUE);
    Require.inRange("longest wait for room", maxWait, Duration.ZERO, Duration.ofHours(1));
  }

  /** These settings with another batch size. */
  public BatchSettings batch(int maxEntries, int maxBytes) {
    return new BatchSettings(maxEntries, maxBytes, linger, bufferEntries, bufferBytes, maxWait);
  }

  /** These settings with another linger. */
  public BatchSettings linger(Duration linger) {
    return new BatchSettings(maxEntries, maxBytes, linger, bufferEntries, bufferBytes, maxWait);
  }

  /** These settings with another buffer. */
  public BatchSettings buffer(int bufferEntries, long bufferBytes, Duration maxWait) {
    return new BatchSettings(maxEntries, maxBytes, linger, bufferEntries, bufferBytes, maxWait);
  }
}
