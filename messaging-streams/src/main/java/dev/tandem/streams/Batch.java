package dev.tandem.streams;

import java.time.Duration;
import java.util.List;

/**
 * Messages of one stream that are handled together, each with its own outcome. Of several outcomes
 * for a message the last counts. When the handler has returned, or its time was up, nothing can be
 * said any more: the methods then throw {@link IllegalStateException}.
 *
 * <p>Made by Tandem; methods may be added in minor releases.
 *
 * <p>Thread safety: safe for use by many threads.
 *
 * @param <T> the payload's type
 */
public interface Batch<T> {
  /** The messages, one or more, all of one tenant and topic. */
  List<Delivery<T>> deliveries();

  /**
   * This message is done, whatever becomes of the others.
   *
   * @throws dev.tandem.api.error.InvalidValueException if it is not of this batch
   */
  void acknowledge(Delivery<T> delivery);

  /**
   * This message is delivered again after the delay, zero to {@link
   * dev.tandem.api.RetryPolicy#LONGEST_DELAY}; or goes to the dead letters if it was delivered as
   * often as the retry policy allows.
   *
   * @throws dev.tandem.api.error.InvalidValueException if it is not of this batch, or the delay is
   *     out of its range
   */
  void retry(Delivery<T> delivery, Duration delay);

  /**
   * This message goes to the dead letters ({@link DeadLetterReason#REJECTED}).
   *
   * @param reason kept with it, shortened to 2,000 characters
   * @throws dev.tandem.api.error.InvalidValueException if it is not of this batch, or the reason is
   *     null
   */
  void reject(Delivery<T> delivery, String reason);
}
