package dev.tandem.streams;

import dev.tandem.api.Message;

/**
 * Handles the messages of a group.
 *
 * <p>Returning acknowledges the message. Throwing anything has it delivered again after the delay
 * of the worker's {@link dev.tandem.api.RetryPolicy}, or moves it to the group's dead letters when
 * that policy gives up. A message may be handled twice after a failure ({@link
 * Delivery#isRedelivery()}), so that what a handler does should be harmless to repeat.
 *
 * <p>Called on threads of the worker, or of its executor, up to the worker's concurrency at a time
 * and in the order that the worker keeps ({@link Ordering}). May block. Interrupted when the worker
 * is closed and its drain time is over, and when it takes longer than {@link
 * StreamWorkerBuilder#handlerTimeout} allows. Not called with messages that have expired ({@link
 * Message#expiresAfter}) or cannot be read: those go to the dead letters, or in strict order stop
 * their stream.
 *
 * @param <T> the payload's type
 */
@FunctionalInterface
public interface StreamHandler<T> {
  /**
   * Handles one message.
   *
   * @param message the message as it was published
   * @param delivery which delivery of it this is
   * @throws Exception to have it retried or dead-lettered
   */
  void handle(Message<T> message, Delivery<T> delivery) throws Exception;
}
