package dev.tandem.streams;

/**
 * Handles the messages of a group, many of one stream at a time.
 *
 * <p>Returning acknowledges the messages of the batch, but for those that were given an outcome of
 * their own ({@link Batch#retry}, {@link Batch#reject}). Throwing anything fails those that were
 * given none, by the worker's {@link dev.tandem.api.RetryPolicy}; it decides for each message by
 * its own number of deliveries. Otherwise as with a {@link StreamHandler}.
 *
 * <p>Called on threads of the worker, or of its executor, up to the worker's concurrency at a time,
 * and in no promised order; the messages of a batch stand as they came. May block.
 *
 * @param <T> the payload's type
 */
@FunctionalInterface
public interface BatchHandler<T> {
  /**
   * Handles a batch.
   *
   * @param batch at least one message; what has expired or is not readable is not among them
   * @throws Exception to have those without an outcome of their own retried or dead-lettered
   */
  void handle(Batch<T> batch) throws Exception;
}
