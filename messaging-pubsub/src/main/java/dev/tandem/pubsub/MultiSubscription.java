package dev.tandem.pubsub;

import dev.tandem.api.Positions;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * One listener on several channels of a tenant.
 *
 * <p>The listener is called for one message at a time over all channels. What {@link Channel}
 * promises holds for each channel; between channels there is no order. The bounds of the {@link
 * SubscribeOptions} hold for all that waits together: when it is full on a recoverable channel, no
 * channel gets more until it is empty, and then all read what they left.
 *
 * <p>It lives until closed, as a {@link Subscription} does.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public interface MultiSubscription extends AutoCloseable {
  /**
   * Completes when all channels are active, as {@link Subscription#active()} says; fails when that
   * is settled for each and one was refused. A subscription to a pattern of recoverable channels
   * fails when the list of the tenant's channels is refused.
   */
  CompletableFuture<Void> active();

  /**
   * After what the listener was last called with, for each channel: resuming from here misses
   * nothing and repeats nothing. Without the channels whose start is not settled yet; empty for
   * fleeting channels.
   */
  Positions positions();

  /**
   * What it has done so far, by channel; {@code queued} and {@code queuedBytes} are those of all
   * channels together.
   */
  Map<String, SubscriptionStats> stats();

  /** Ends it on all channels, as {@link Subscription#close()} does. */
  @Override
  void close();
}
