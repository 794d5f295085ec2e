package dev.tandem.streams.internal.transaction;

import dev.tandem.api.Message;
import dev.tandem.streams.Delivery;
import dev.tandem.streams.StreamHandler;
import dev.tandem.streams.TransactionalHandler;
import dev.tandem.streams.internal.group.Membership;

/** A transactional handler where a plain one is expected; each worker runs it as its own. */
public record Transactional<T>(TransactionalHandler<T> handler) implements StreamHandler<T> {
  /** What this worker runs. */
  public StreamHandler<T> joining(Membership member, String topic) {
    return new TransactionRunner<>(handler, member, topic);
  }

  @Override
  public void handle(Message<T> message, Delivery<T> delivery) {
    throw new IllegalStateException("a transactional handler runs in a worker only");
  }
}
