package dev.tandem.hybrid;

import dev.tandem.api.Message;
import dev.tandem.pubsub.Channel;
import dev.tandem.streams.Transaction;

/**
 * What is to happen when a {@link HybridTransactionalHandler} returns: live messages together with
 * what a {@link Transaction} offers, or none of it.
 *
 * <p>What one transaction publishes to one channel arrives there in that order and without another
 * message in between, behind what was published there before it commits. Nobody sees a live message
 * of a transaction that does not commit.
 *
 * <p>Good for one call of the handler; after that every method throws {@link
 * IllegalStateException}. Made by Tandem; methods may be added in minor releases.
 *
 * <p>Thread safety: not safe for use by many threads.
 *
 * @param <T> the payload's type of the message that is handled
 */
public interface HybridTransaction<T> extends Transaction<T> {
  /** The most live messages in one transaction, counted on each channel: {@value}. */
  int MOST_LIVE = 256;

  /** The most channels that one transaction publishes to: {@value}. */
  int MOST_CHANNELS = 32;

  /** The most bytes of live messages in one transaction, counted on each channel: 4 MiB. */
  int MOST_LIVE_BYTES = 4 << 20;

  /**
   * Publishes a message to a channel of the same tenant, when the transaction commits. It bears the
   * id of the message that is handled, as all do that one transaction publishes this way.
   *
   * @throws dev.tandem.api.error.InvalidValueException if the payload is larger than the channel
   *     allows, the transaction publishes to a channel of this name that is kept otherwise, or
   *     would exceed {@link #MOST_LIVE}, {@link #MOST_CHANNELS} or {@link #MOST_LIVE_BYTES}. Where
   *     it is only together with outputs and state that they are too large, the delivery fails with
   *     it after the handler has returned
   * @throws dev.tandem.api.error.SerdeException if the payload cannot be turned into bytes
   * @throws dev.tandem.api.error.RateLimitedException if the channel's limit allows no more, for as
   *     long as it allows to wait; it counts for each {@link HybridTransactions}, whether the
   *     transaction commits or not
   * @throws dev.tandem.api.error.QuotaExceededException if the connection enforces quotas, and the
   *     tenant is at one; what was taken is given back if the transaction does not commit
   */
  default <R> void publish(Channel<R> channel, Message<R> message) {
    publish(message, Route.toChannel(channel));
  }

  /**
   * Publishes a message as a route says, when the transaction commits: an output and live messages
   * that bear its id, like those of a {@link HybridPublisher}. The output tells the positions on
   * recoverable channels, so that a {@link HybridSubscription} can be served from its stream. On a
   * route without a stream the live messages bear the id of the message that is handled. A bounded
   * stream that has no room lets nothing commit, as {@link #send} says.
   *
   * @throws dev.tandem.api.error.InvalidValueException if the route refuses the message's type; and
   *     like {@link #publish(Channel, Message)} and {@link #send}
   * @throws dev.tandem.api.error.SerdeException like those
   * @throws dev.tandem.api.error.RateLimitedException like those
   * @throws dev.tandem.api.error.QuotaExceededException like those
   */
  <R> void publish(Message<R> message, Route<R> route);
}
