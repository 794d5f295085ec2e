package dev.tandem.hybrid;

import dev.tandem.api.internal.Require;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a publisher does with messages while Redis is away: it cannot be reached, its circuit
 * breaker is open, it is loading, a replica for the moment, or (but for {@link #failFast}) out of
 * memory. What Redis refuses for another reason (wrong type, no permission) fails at once under
 * every policy, unless it is in the spool already: then its listener is told, or it waits.
 *
 * <table>
 * <caption>The policies</caption>
 * <tr><th></th><th>future completes</th><th>survives the process</th><th>ends with</th></tr>
 * <tr><td>{@link #failFast}</td><td>when Redis has the message, or has been tried a few
 *     times</td><td>no</td><td>the error of the last try</td></tr>
 * <tr><td>{@link #block}</td><td>when Redis has it</td><td>no</td><td>that error, after the
 *     limit</td></tr>
 * <tr><td>{@link #spool}</td><td>when Redis has it, or the disk</td><td>yes</td><td>{@link
 *     dev.tandem.api.error.BufferFullException} when the spool is full</td></tr>
 * </table>
 *
 * <p>Thread safety: immutable.
 */
public final class OutagePolicy {
  /** The longest that {@link #block} may be told to wait: one hour. */
  public static final Duration LONGEST_BLOCK = Duration.ofHours(1);

  private static final OutagePolicy FAIL_FAST = new OutagePolicy(Duration.ZERO, null);

  private final Duration blockFor;
  private final @Nullable Spool spool;

  private OutagePolicy(Duration blockFor, @Nullable Spool spool) {
    this.blockFor = blockFor;
    this.spool = spool;
  }

  /**
   * Messages fail after the connection's own attempts, those of an {@linkplain
   * HybridPublisherBuilder#idempotent idempotent} publisher after the tries that {@link
   * HybridPublisherBuilder#publishRetry} allows, and at once while the circuit breaker is open. The
   * default.
   */
  public static OutagePolicy failFast() {
    return FAIL_FAST;
  }

  /**
   * Messages wait in memory and are sent again for up to this long, counted from when the sending
   * thread took them up; later ones of the same tenant wait behind them, in the publisher's buffer.
   * When that is full, callers wait for room for up to this long too. Makes the publisher {@link
   * HybridPublisherBuilder#idempotent idempotent}, so that waiting never publishes twice.
   *
   * @param limit 1 millisecond to {@link #LONGEST_BLOCK}
   */
  public static OutagePolicy block(Duration limit) {
    return new OutagePolicy(
        Require.inRange("limit of the block", limit, Duration.ofMillis(1), LONGEST_BLOCK), null);
  }

  /**
   * Messages go to files and from there, in order, to Redis when it is back, also in a later run of
   * the process. While some of a tenant's wait there, its later ones go behind them. The future
   * completes with a receipt that {@link HybridReceipt#isSpooled says so} when the message is on
   * the disk. Makes the publisher {@link HybridPublisherBuilder#idempotent idempotent}.
   */
  public static OutagePolicy spool(Spool spool) {
    return new OutagePolicy(Duration.ZERO, Require.notNull("spool", spool));
  }

  Duration blockFor() {
    return blockFor;
  }

  @Nullable Spool spool() {
    return spool;
  }

  @Override
  public String toString() {
    if (spool != null) {
      return "OutagePolicy[" + spool + "]";
    }
    return blockFor.isZero() ? "OutagePolicy[fail fast]" : "OutagePolicy[block " + blockFor + "]";
  }
}
