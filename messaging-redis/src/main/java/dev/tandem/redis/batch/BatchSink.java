package dev.tandem.redis.batch;

import dev.tandem.api.error.MessagingException;
import java.util.List;

/**
 * Sends batches and settles each entry (completes its future, counts it).
 *
 * @param <E> what is sent
 */
public interface BatchSink<E> {
  /**
   * Sends a batch, in order, and settles every entry, or keeps some for later and says so by {@link
   * #kept}; called by one thread at a time, which is the sending thread, or a caller who waits for
   * an entry of its own. What it throws, exception or error, fails all entries of the batch by
   * {@link #fail}; it must then not have settled or kept any. The list is the callee's to keep, but
   * not to change. It is empty when only what was kept is due.
   */
  void send(List<E> batch);

  /**
   * Settles an entry that was not sent, or of which it is not known whether it was; also called by
   * the thread that closes the sender. What it throws is logged.
   */
  void fail(E entry, MessagingException why);

  /**
   * Whether {@link #begin} would return at once with this entry, as far as can be told; asked by
   * any thread. No unless overridden.
   */
  default boolean canBegin(E entry) {
    return false;
  }

  /**
   * Sends an entry without waiting for what becomes of it: it is kept until a later {@link #send},
   * which follows soon. Called where nothing is under way and nothing kept, by the caller who adds
   * the entry; like {@link #send} otherwise.
   */
  default void begin(E entry) {
    send(List.of(entry));
  }

  /** What is kept, asked by who has sent, after each batch; nothing unless overridden. */
  default Kept kept() {
    return Kept.NOTHING;
  }

  /**
   * Settles what is kept: it will not be sent any more. Called by the sending thread at its end.
   */
  default void failKept(MessagingException why) {}
}
