package dev.tandem.hybrid;

import dev.tandem.api.Message;

/**
 * Handles a message in a transaction that may publish to live channels: outputs, live messages,
 * changes of state and the acknowledgement happen together or not at all. See {@link
 * HybridTransactions} for the guarantee.
 *
 * @param <T> the payload's type
 */
@FunctionalInterface
public interface HybridTransactionalHandler<T> {
  /**
   * Handles one message.
   *
   * @param message the message as it was published
   * @param transaction what is to happen when this returns; of no use afterwards
   * @throws Exception to have nothing happen, and the message retried or dead-lettered
   */
  void handle(Message<T> message, HybridTransaction<T> transaction) throws Exception;
}
