package dev.tandem.streams.internal.transaction;

import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.OutcomeUnknownException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.group.Backoff;
import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.Lease;
import dev.tandem.streams.internal.group.Membership;
import dev.tandem.streams.internal.wire.Pipelines;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Commits transactions for the threads of their handlers: whoever comes first sends what all have
 * brought by then in one round trip (on a Cluster, for the same slot). What fails is tried again
 * until it is decided. Safe for use by many threads.
 *
 * <p>A commit is never done twice: the script does nothing unless the delivery is pending as ours,
 * and makes it not pending. So when a reply was lost the same call asks what became of it, and does
 * it if nothing has. The one thing that could make such a delivery pending again is a group that is
 * made again; it is not given back what is perhaps done.
 */
final class Committer {
  private static final Logger LOG = LoggerFactory.getLogger(Committer.class);
  private static final int MOST_AT_A_TIME = 64;
  private static final int ONLY_NODE = -1;
  private static final long NOT_PENDING = -1;
  private static final long OTHER_GROUP = -2;

  private final Membership member;
  private final Map<Integer, Round> rounds = new ConcurrentHashMap<>();
  private final CountDownLatch never = new CountDownLatch(1);

  Committer(Membership member) {
    this.member = member;
  }

  /** What has become of a transaction. */
  enum Result {
    /** All of it has happened. */
    COMMITTED,
    /** The delivery is another consumer's: nothing has happened. */
    LEASE_LOST,
    /** Something that was read has changed: nothing has happened. */
    CONFLICT,
    /** A key holds something of another kind: nothing has happened. */
    WRONG_TYPE,
    /** A field to be incremented is no number: nothing has happened. */
    NOT_A_NUMBER;

    static Result of(long code) {
      return switch ((int) code) {
        case 1 -> COMMITTED;
        case 3 -> CONFLICT;
        case 4 -> WRONG_TYPE;
        case 5 -> NOT_A_NUMBER;
        default -> LEASE_LOST;
      };
    }
  }

  /**
   * Commits, and waits until it is known what came of it.
   *
   * @throws MessagingException if the server refuses for a reason that does not go by itself
   * @throws InterruptedException if the thread is interrupted; then it may have been committed
   */
  Result commit(Lease lease, Operations operations) throws InterruptedException {
    Attempt attempt = new Attempt(lease, operations);
    Backoff backoff = new Backoff(member.settings().random());
    while (true) {
      send(attempt);
      Result result = decide(attempt);
      if (result != null) {
        return result;
      }
      pause(backoff.next());
    }
  }

  /** Waits for so long. */
  void pause(Duration time) throws InterruptedException {
    boolean ended = never.await(time.toNanos(), TimeUnit.NANOSECONDS);
    if (ended) {
      throw new IllegalStateException("nobody counts this down");
    }
  }

  private void send(Attempt attempt) {
    GroupStream stream = attempt.lease.stream();
    int node = member.redis().isCluster() ? stream.stream().slot() : ONLY_NODE;
    Round round = rounds.computeIfAbsent(node, any -> new Round());
    stream.gate().enter();
    try {
      attempt.isAnswered = false;
      round.waiting.add(attempt);
      round.lock.lock();
      try {
        sendUntilAnswered(attempt, round.waiting);
      } finally {
        round.lock.unlock();
      }
    } finally {
      stream.gate().leave();
    }
  }

  private void sendUntilAnswered(Attempt mine, Queue<Attempt> waiting) {
    List<Attempt> batch = new ArrayList<>();
    while (!mine.isAnswered) {
      batch.clear();
      Attempt next = waiting.poll();
      while (next != null) {
        batch.add(next);
        next = batch.size() < MOST_AT_A_TIME ? waiting.poll() : null;
      }
      send(batch);
    }
  }

  private void send(List<Attempt> batch) {
    List<Command> commands = new ArrayList<>(batch.size());
    String consumer = member.settings().consumer();
    try {
      batch.forEach(attempt -> commands.add(attempt.operations.commit(attempt.lease, consumer)));
      List<@Nullable Object> replies = Pipelines.executeAll(member.redis(), commands);
      for (int i = 0; i < batch.size(); i++) {
        batch.get(i).answered(replies.get(i));
      }
    } catch (RuntimeException | Error e) {
      MessagingException unknown = new OutcomeUnknownException("committing failed midway", e);
      batch.stream()
          .filter(attempt -> !attempt.isAnswered)
          .forEach(attempt -> attempt.answered(unknown));
    }
  }

  /** What it has come to, or null if it must be tried again. */
  private @Nullable Result decide(Attempt attempt) {
    MessagingException error = attempt.error;
    if (error != null) {
      failed(attempt, error);
      return null;
    }
    member.standing().proven();
    if (attempt.code == NOT_PENDING || attempt.code == OTHER_GROUP) {
      if (attempt.isPerhapsDone) {
        return Result.COMMITTED;
      }
      if (attempt.code == OTHER_GROUP && isGroupLost(attempt.lease)) {
        member.standing().groupMissing(attempt.lease.stream());
        return null;
      }
    }
    return Result.of(Math.max(attempt.code, NOT_PENDING));
  }

  private boolean isGroupLost(Lease lease) {
    return !lease.isLost() && !lease.isOrphaned();
  }

  private void failed(Attempt attempt, MessagingException error) {
    switch (error.code()) {
      case WRONG_TYPE, ACCESS_DENIED, SERVER_ERROR, INVALID_VALUE, STREAM_FULL -> throw error;
      case GROUP_MISSING -> member.standing().groupMissing(attempt.lease.stream());
      default -> {
        if (error instanceof ClosedException) {
          throw error;
        }
      }
    }
    if (attempt.failures++ == 0) {
      if (error.code() == ErrorCode.OUT_OF_MEMORY) {
        LOG.warn(
            "{} cannot be committed, will be tried again: {}", attempt.lease, error.getMessage());
      } else {
        LOG.debug("{} could not be committed, will be tried again", attempt.lease, error);
      }
    }
  }

  /** What goes to one server together, and whose turn it is to send it. */
  private static final class Round {
    final Queue<Attempt> waiting = new ConcurrentLinkedQueue<>();
    final ReentrantLock lock = new ReentrantLock();
  }

  /** One commit on its way. Changed by whoever sends it, under the lock of its round. */
  private static final class Attempt {
    final Lease lease;
    final Operations operations;
    boolean isAnswered;
    boolean isPerhapsDone;
    long code;
    @Nullable MessagingException error;
    int failures;

    Attempt(Lease lease, Operations operations) {
      this.lease = lease;
      this.operations = operations;
    }

    /** The script's word on a bounded stream; it follows a code that says nothing more. */
    private MessagingException full(List<@Nullable Object> reply) {
      return operations
          .rooms()
          .full(
              lease.stream().tenant().name(),
              (int) Replies.number(reply.get(1)),
              Replies.number(reply.get(2)));
    }

    void answered(@Nullable Object reply) {
      try {
        if (reply instanceof List<?>) {
          throw full(Replies.list(reply));
        }
        code = Replies.number(reply);
        error = null;
        if (code == 1) {
          lease.markPerhapsDone();
        }
      } catch (MessagingException e) {
        error = e;
        if (e.code() == ErrorCode.OUTCOME_UNKNOWN) {
          isPerhapsDone = true;
          lease.markPerhapsDone();
        }
      }
      isAnswered = true;
    }
  }
}
