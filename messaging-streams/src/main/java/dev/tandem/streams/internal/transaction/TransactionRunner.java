package dev.tandem.streams.internal.transaction;

import com.codahale.metrics.Counter;
import dev.tandem.api.Message;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.streams.Delivery;
import dev.tandem.streams.StreamHandler;
import dev.tandem.streams.TransactionalHandler;
import dev.tandem.streams.internal.group.Lease;
import dev.tandem.streams.internal.group.Leased;
import dev.tandem.streams.internal.group.Membership;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.internal.quota.DirectQuota;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs a transactional handler and commits, again as long as there are conflicts. What it throws is
 * settled like any handler's failure, under the fence; when it returns, the message is acknowledged
 * already. Safe for use by many threads.
 */
final class TransactionRunner<T> implements StreamHandler<T> {
  private static final long MOST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long PAUSE_STEP_NANOS = TimeUnit.MICROSECONDS.toNanos(250);

  private final TransactionalHandler<T> handler;
  private final Membership member;
  private final @Nullable DirectQuota quota;
  private final KeyLayout keys;
  private final Committer committer;
  private final Counter committed;
  private final Counter conflicts;

  TransactionRunner(TransactionalHandler<T> handler, Membership member, String topic) {
    this.handler = handler;
    this.member = member;
    this.quota = DirectQuota.of(member.redis(), System::nanoTime, member.settings().consumer());
    this.keys = KeyLayout.of(member.redis());
    this.committer = new Committer(member);
    String prefix = "tandem.streams.worker." + topic + '.' + member.settings().group() + '.';
    this.committed = member.redis().metrics().counter(prefix + "committed");
    this.conflicts = member.redis().metrics().counter(prefix + "conflicts");
  }

  @Override
  public void handle(Message<T> message, Delivery<T> delivery) throws Exception {
    Lease lease = ((Leased) delivery).lease();
    for (int again = 1; ; again++) {
      TransactionBuffer<T> transaction = run(message, delivery);
      Committer.Result result = commit(lease, transaction);
      if (result == Committer.Result.COMMITTED) {
        transaction.tellAudit();
        committed.inc();
        return;
      }
      transaction.giveBack();
      if (result != Committer.Result.CONFLICT) {
        throw failure(result, delivery);
      }
      conflicts.inc();
      if (again > TransactionalHandler.MOST_CONFLICTS) {
        throw failure(result, delivery);
      }
      committer.pause(randomPause(again));
    }
  }

  private TransactionBuffer<T> run(Message<T> message, Delivery<T> delivery) throws Exception {
    TransactionBuffer<T> transaction =
        new TransactionBuffer<>(member.redis(), keys, quota, delivery);
    boolean hasReturned = false;
    try {
      handler.handle(message, transaction);
      hasReturned = true;
    } finally {
      transaction.end();
      if (!hasReturned) {
        transaction.giveBack();
      }
    }
    return transaction;
  }

  private Committer.Result commit(Lease lease, TransactionBuffer<T> transaction)
      throws InterruptedException {
    try {
      return committer.commit(lease, transaction.operations());
    } catch (ClosedException e) {
      throw e; // perhaps it has happened
    } catch (MessagingException e) {
      transaction.giveBack();
      throw e;
    }
  }

  private Duration randomPause(int again) {
    long most = Math.min(MOST_PAUSE_NANOS, again * PAUSE_STEP_NANOS);
    return Duration.ofNanos(member.settings().random().nextLong(most + 1));
  }

  private static MessagingException failure(Committer.Result result, Delivery<?> delivery) {
    String tenant = delivery.tenant().name();
    String topic = delivery.topic().name();
    return switch (result) {
      case CONFLICT ->
          new MessagingException(
              ErrorCode.CONFLICT,
              true,
              "what "
                  + delivery
                  + " had read was changed each of "
                  + (TransactionalHandler.MOST_CONFLICTS + 1)
                  + " times before it could commit",
              null,
              tenant,
              topic);
      case WRONG_TYPE ->
          new MessagingException(
              ErrorCode.WRONG_TYPE,
              false,
              "nothing of "
                  + delivery
                  + " was committed: the key of an output or of state holds something else",
              null,
              tenant,
              topic);
      case NOT_A_NUMBER ->
          new InvalidValueException(
              "state field incremented by " + delivery,
              null,
              "must be a whole number of at most 18 characters");
      case LEASE_LOST, COMMITTED ->
          new MessagingException(
              ErrorCode.LEASE_LOST,
              false,
              "nothing of " + delivery + " was committed: it belongs to another consumer now",
              null,
              tenant,
              topic);
    };
  }
}
