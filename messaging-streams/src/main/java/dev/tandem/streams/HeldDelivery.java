package dev.tandem.streams;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * A delivery that a {@link StreamConsumer} holds until it is settled by one of {@link #ack}, {@link
 * #retry} and {@link #reject}, once.
 *
 * <p>Settling is one round trip, bounded by the connection's timeouts; when its reply is lost it is
 * asked again what became of it, and nothing is done twice. It concerns this very delivery: once
 * another consumer has taken the message over, nothing here changes what that one does, but for an
 * acknowledgement, which says that the work is done whoever holds it. A call that throws has left
 * the delivery held, to be settled again; after {@link
 * dev.tandem.api.error.OutcomeUnknownException} by the same method.
 *
 * <p>Every method that settles throws {@link IllegalStateException} if the delivery was settled
 * before or another thread is about to, {@link dev.tandem.api.error.ClosedException} if the
 * consumer is closed, and {@link dev.tandem.api.error.MessagingException} if the server could not
 * be asked.
 *
 * <p>Thread safety: safe for use by many threads.
 *
 * @param <T> the payload's type
 */
public interface HeldDelivery<T> extends Delivery<T> {
  /**
   * The message is handled.
   *
   * @return {@link Settlement#ACKNOWLEDGED}, or {@link Settlement#LEASE_LOST} if the lease was
   *     gone, so that the message may have been handled by another consumer too
   */
  Settlement ack();

  /**
   * Like {@link #ack()} without waiting: acknowledgements are gathered for a few milliseconds and
   * go to the server together. {@link StreamConsumer#ack} is one round trip for many, too.
   *
   * @return completed on the consumer's acknowledging thread, which must not be blocked; fails with
   *     what {@link #ack()} would throw
   * @throws IllegalStateException if the delivery was settled before or is about to be
   */
  CompletableFuture<Settlement> ackAsync();

  /**
   * Handling failed: has the message delivered again to the group after the delay of the consumer's
   * {@link dev.tandem.api.RetryPolicy}, or moves it to the dead letters ({@link
   * DeadLetterReason#MAX_DELIVERIES}) if it was delivered as often as that allows.
   *
   * @return {@link Settlement#RETRYING}, {@link Settlement#DEAD_LETTERED} or {@link
   *     Settlement#LEASE_LOST}
   */
  Settlement retry();

  /**
   * Has the message delivered again to the group after this delay, whatever the retry policy says.
   * The delay is kept by the server and survives every consumer. The delivery counts all the same:
   * a message that is put off as often as the policy allows deliveries, and then lapses with a
   * consumer that dies, goes to the dead letters.
   *
   * @param delay zero (as soon as anyone looks) to {@link dev.tandem.api.RetryPolicy#LONGEST_DELAY}
   * @return {@link Settlement#RETRYING} or {@link Settlement#LEASE_LOST}; {@link
   *     Settlement#DEAD_LETTERED} if its data is gone from the stream
   * @throws dev.tandem.api.error.InvalidValueException if the delay is out of its range
   */
  Settlement retry(Duration delay);

  /**
   * Gives the message up: moves it to the group's dead letters ({@link DeadLetterReason#REJECTED}).
   *
   * @param reason in words, kept with the dead letter as its error; shortened to 2,000 characters
   * @return {@link Settlement#DEAD_LETTERED} or {@link Settlement#LEASE_LOST}
   * @throws dev.tandem.api.error.InvalidValueException if the reason is null
   */
  Settlement reject(String reason);

  /**
   * Begins the lease anew: from now on it lasts the consumer's lease time again. Needed only with
   * {@link StreamConsumerBuilder#autoRenew autoRenew(false)}. There is no other duration to ask
   * for: how long a silent consumer keeps what it holds is what the whole group goes by.
   *
   * @return whether it is still ours; if not, handling it should stop
   */
  boolean extend();

  /** Whether it was settled, or its settling is under way. */
  boolean isSettled();
}
