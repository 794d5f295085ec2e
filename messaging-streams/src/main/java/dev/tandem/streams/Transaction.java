package dev.tandem.streams;

import dev.tandem.api.Message;

/**
 * What is to happen when a {@link TransactionalHandler} returns: outputs, changes of state, and the
 * acknowledgement of the message, together or not at all.
 *
 * <p>Good for one call of the handler; after that every method throws {@link
 * IllegalStateException}. Made by Tandem; methods may be added in minor releases.
 *
 * <p>Thread safety: not safe for use by many threads.
 *
 * @param <T> the payload's type of the message that is handled
 */
public interface Transaction<T> {
  /** The most messages that one transaction sends: {@value}. */
  int MOST_OUTPUTS = 256;

  /** The most fields of state that one transaction reads or changes: {@value}. */
  int MOST_FIELDS = 256;

  /**
   * The most bytes in one transaction: 16 MiB. What counts are the fields of the messages sent,
   * names included, and the names of the fields of state with what was read and what is written.
   */
  int MOST_BYTES = 16 << 20;

  /** The delivery that is handled. */
  Delivery<T> delivery();

  /**
   * Sends a message to another stream of the same tenant, when the transaction commits. Messages of
   * a transaction stand in their streams in the order in which they were sent here; each once.
   *
   * <p>If a stream is {@linkplain StreamTopic#boundedTo bounded} and has no room for all that the
   * transaction sends there, nothing commits, and the delivery fails with a {@link
   * dev.tandem.api.error.StreamFullException} after the handler has returned; so it is retried, or
   * given up, like any failure.
   *
   * @throws dev.tandem.api.error.InvalidValueException if the payload is larger than the topic
   *     allows, or the messages would exceed {@link #MOST_OUTPUTS} or {@link #MOST_BYTES}. Where it
   *     is only together with state that they are too large, the delivery fails with it after the
   *     handler has returned
   * @throws dev.tandem.api.error.SerdeException if the payload cannot be turned into bytes
   * @throws dev.tandem.api.error.QuotaExceededException if the connection enforces quotas, and the
   *     tenant is at one; what was taken is given back if the transaction does not commit
   */
  <R> void send(StreamTopic<R> topic, Message<R> message);

  /**
   * The tenant's state of this name, as it will be when this transaction commits. All transactions
   * of the tenant share it, whatever topic and group they handle; others may read it as {@link
   * StateStore}.
   *
   * @throws dev.tandem.api.error.InvalidValueException if the name breaks the rule of {@link
   *     dev.tandem.tenant.Names}; its methods throw it if the transaction would exceed {@link
   *     #MOST_FIELDS}
   */
  TransactionState state(String name);
}
