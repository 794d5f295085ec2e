package dev.tandem.streams;

import dev.tandem.api.Message;

/**
 * Handles a message in a transaction: what it sends to other streams of the tenant, what it changes
 * in the tenant's state, and the acknowledgement of the message happen together or not at all.
 *
 * <p><b>Guarantee: exactly once, inside Redis.</b> Returning commits everything in one script, and
 * only if the message is still leased to this very delivery. A handler whose lease is gone commits
 * nothing; whoever has the message now does. What was committed is never committed again, also if
 * the reply to it is lost. So each message has its effects on outputs and state once, however often
 * its handler runs.
 *
 * <p><b>Optimistic.</b> Every field that was read must still have its value when the transaction
 * commits; otherwise nothing is committed and the handler is called again with a new transaction,
 * at once or after a random pause of up to 10 milliseconds, up to {@value #MOST_CONFLICTS} times
 * for one delivery, none of which counts as a delivery. After that the delivery has failed with
 * {@link dev.tandem.api.error.ErrorCode#CONFLICT}, like one whose handler threw it.
 *
 * <p><b>Throwing</b> commits nothing: the message is delivered again or dead-lettered, as the
 * worker's {@link dev.tandem.api.RetryPolicy} says. So it is when the server refuses the commit for
 * a reason that does not go by itself: a key of another kind, an increment of what is no number, a
 * missing right to a key or to a command, an output whose stream has used up its ids. What the user
 * of Redis must be allowed is looked at before anything is written: {@code XADD}, {@code HSET},
 * {@code HDEL}, {@code HINCRBY} as the transaction needs them, {@code XACK}, and {@code XDEL} on
 * the outputs if there are several, to take back the others when one is refused (nobody has seen
 * them then). While the server is away or out of memory the commit is tried again; the handler's
 * thread waits for it, and with it the next message in an ordered mode.
 *
 * <p><b>Limits.</b> Not covered are: effects outside Redis, which happen each time the handler
 * runs; reads of other keys than through {@link Transaction#state}; and what Redis itself loses
 * after it has replied (restart without persistence, failover to a replica that lags), where all of
 * a transaction is lost together, with the acknowledgement. If the group itself is destroyed at the
 * moment when the reply to a commit is lost, that commit is taken as done.
 *
 * <p>Called like a {@link StreamHandler}: on threads of the worker or of its executor. May block;
 * should be quick, for what it has read may change meanwhile.
 *
 * @param <T> the payload's type
 */
@FunctionalInterface
public interface TransactionalHandler<T> {
  /** How often a delivery is handled again for a conflict before it counts as failed: {@value}. */
  int MOST_CONFLICTS = 50;

  /**
   * Handles one message.
   *
   * @param message the message as it was published
   * @param transaction what is to happen when this returns; of no use afterwards
   * @throws Exception to have nothing happen, and the message retried or dead-lettered
   */
  void handle(Message<T> message, Transaction<T> transaction) throws Exception;
}
