package dev.tandem.redis.batch;

import dev.tandem.api.error.MessagingException;
import java.util.List;

/**
 * Sends batches and settles each entry (completes its future, counts it); called by one thread.
 *
 * @param <E> what is sent
 */
public interface BatchSink<E> {
  /**
   * Sends a batch, in order, and settles every entry. What it throws fails all entries of the batch
   * by {@link #fail}; it must then not have settled any.
   */
  void send(List<E> batch);

  /** Settles an entry that will not be sent. */
  void fail(E entry, MessagingException why);
}
