package dev.tandem.hybrid;

import dev.tandem.api.internal.Require;
import dev.tandem.hybrid.internal.transaction.HybridTransactionBuffer;
import dev.tandem.pubsub.internal.frame.Nonces;
import dev.tandem.pubsub.internal.limit.RateLimits;
import dev.tandem.streams.TransactionalHandler;
import dev.tandem.tenant.Names;
import java.security.SecureRandom;
import java.util.random.RandomGenerator;

/**
 * Transactional handling that publishes to live channels too.
 *
 * <pre>{@code
 * HybridTransactions transactions = HybridTransactions.create();
 * StreamWorker worker = StreamWorker.builder(redis, orders).tenant(acme).group("billing")
 *     .transactional(transactions.handler((message, transaction) -> {
 *       transaction.state("totals").increment("orders", 1);
 *       transaction.send(invoices, invoice(message));
 *       transaction.publish(board, Message.of("order.billed", message.payload()));
 *     }))
 *     .build();
 * }</pre>
 *
 * <p><b>Guarantee: that of {@link TransactionalHandler}, with the live messages in it.</b> One
 * script checks that the message is still leased to this very delivery and that everything read is
 * unchanged, then appends the outputs, assigns each channel's versions, stores the frames and
 * publishes them, changes the state and acknowledges the message: all of it, or nothing. So each
 * message has its live messages once, however often its handler runs, and whatever happens to the
 * worker or to the reply. A handler whose lease is gone publishes nothing. What subscribers are
 * promised is what the channel promises: a fleeting one's message is published once, and got at
 * most once.
 *
 * <p>The user of Redis must be allowed what {@link HybridPublisher} needs besides; that is looked
 * at before anything is written. One exception to "nothing": Redis before 7.0 cannot be asked
 * whether a user may publish to a channel. Where that alone is refused everything stored is taken
 * back, but subscribers of other channels of the same transaction may have got the live message. A
 * server out of memory commits nothing, and nothing is seen, until it has some again.
 *
 * <p>On a Cluster everything lies in the tenant's slot.
 *
 * <p>Thread safety: safe for use by many threads; one is enough for a process.
 */
public final class HybridTransactions {
  private final String instanceId;
  private final Nonces nonces;
  private final RateLimits limits = new RateLimits();

  private HybridTransactions(String instanceId, Nonces nonces) {
    this.instanceId = instanceId;
    this.nonces = nonces;
  }

  /** With live messages that say they come from an instance of a random name. */
  public static HybridTransactions create() {
    return create(new SecureRandom());
  }

  /**
   * With nonces and the instance's name from this source, which must be safe for use by many
   * threads.
   */
  public static HybridTransactions create(RandomGenerator random) {
    Nonces nonces = new Nonces(Require.notNull("random", random));
    return new HybridTransactions(nonces.nextShort(), nonces);
  }

  /**
   * The same with live messages that say they come from this instance; give the bus's, so that
   * {@code excludeOwn()} skips them too. Rate limits are counted anew.
   *
   * @throws dev.tandem.api.error.InvalidValueException if it breaks the rule of {@link Names}
   */
  public HybridTransactions instanceId(String instanceId) {
    return new HybridTransactions(Names.check("instanceId", instanceId), nonces);
  }

  /**
   * A handler for a worker: {@link dev.tandem.streams.StreamWorkerBuilder#transactional}. Called
   * like any {@link TransactionalHandler}.
   */
  public <T> TransactionalHandler<T> handler(HybridTransactionalHandler<T> handler) {
    Require.notNull("handler", handler);
    return (message, transaction) -> {
      HybridTransactionBuffer<T> buffer = new HybridTransactionBuffer<>(transaction, limits);
      handler.handle(message, buffer);
      buffer.complete(instanceId, nonces);
    };
  }
}
