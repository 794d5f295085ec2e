package dev.tandem.streams.internal.work;

import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.DeadLetterReason;
import dev.tandem.streams.internal.group.Backoff;
import dev.tandem.streams.internal.group.Counters;
import dev.tandem.streams.internal.group.GroupCommands;
import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.Lease;
import dev.tandem.streams.internal.wire.Pipelines;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Acknowledges, puts aside and buries finished deliveries, many in one round trip: as soon as
 * {@value #ENOUGH} are there, or {@value #LINGER_MILLIS} ms after the first. What fails is kept and
 * tried again until it succeeds; leases are renewed meanwhile, and the scripts do nothing twice. As
 * many can wait here as the registry holds; a stream of which too many could not be settled is not
 * read until half of them are.
 */
final class Settler implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Settler.class);
  private static final int ENOUGH = 256;
  private static final int MOST = 1_024;
  private static final long LINGER_MILLIS = 10;
  private static final long OURS = 1;
  private static final long REPORTED = -1;
  private static final long OTHER_GROUP = -2;

  private final Shared shared;
  private final BiConsumer<GroupStream, Duration> parked;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<Settlement> ready = new ArrayDeque<>();
  private final PriorityQueue<Settlement> deferred =
      new PriorityQueue<>(Comparator.comparingLong(settlement -> settlement.notBeforeNanos));
  private int unsettled;

  /** The streams whose deliveries are being settled at this moment; the thread's own. */
  private final Set<GroupStream> entered = new HashSet<>();

  private final AtomicInteger refused = new AtomicInteger();
  private boolean hurried;
  private boolean stopped;

  /** A settler that tells {@code parked} when an entry is to be delivered again. */
  Settler(Shared shared, BiConsumer<GroupStream, Duration> parked) {
    this.shared = shared;
    this.parked = parked;
  }

  /** Takes a finished delivery. */
  void settle(Lease lease, Outcome outcome) {
    lock.lock();
    try {
      unsettled++;
      ready.add(new Settlement(lease, outcome));
      if (ready.size() == 1 || ready.size() == ENOUGH) {
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Stops gathering and waits until everything is settled; false if the time is up. */
  boolean drain(Duration timeout) throws InterruptedException {
    long left = timeout.toNanos();
    lock.lockInterruptibly();
    try {
      hurried = true;
      changed.signalAll();
      while (unsettled > 0 && !stopped && left > 0) {
        left = changed.awaitNanos(left);
      }
      return unsettled == 0;
    } finally {
      lock.unlock();
    }
  }

  /** Ends the thread; what is not settled stays pending. */
  void stop() {
    lock.lock();
    try {
      stopped = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void run() {
    List<Settlement> batch = new ArrayList<>();
    while (take(batch)) {
      try {
        enterGates(batch);
        send(batch);
      } catch (RuntimeException | Error e) {
        LOG.error("group {}: settling failed in the worker itself", shared.settings().group(), e);
        batch.stream().filter(settlement -> !settlement.done).forEach(this::defer);
      } finally {
        entered.forEach(stream -> stream.gate().leave());
        entered.clear();
      }
      batch.clear();
    }
  }

  // What belongs to a stream that is just being given back to its group waits, and nothing else.
  private void enterGates(List<Settlement> batch) {
    Set<GroupStream> shut = Set.of();
    GroupStream last = null;
    for (Settlement settlement : batch) {
      GroupStream stream = settlement.lease.stream();
      if (stream != last && !entered.contains(stream) && !shut.contains(stream)) {
        if (stream.gate().tryEnter()) {
          entered.add(stream);
        } else {
          shut = shut.isEmpty() ? new HashSet<>() : shut;
          shut.add(stream);
        }
      }
      last = stream;
    }
    if (!shut.isEmpty()) {
      long soon = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LINGER_MILLIS);
      for (Settlement settlement : batch) {
        if (shut.contains(settlement.lease.stream())) {
          later(settlement, soon);
        }
      }
      batch.removeIf(settlement -> !entered.contains(settlement.lease.stream()));
    }
  }

  private void later(Settlement settlement, long notBeforeNanos) {
    lock.lock();
    try {
      settlement.notBeforeNanos = notBeforeNanos;
      deferred.add(settlement);
    } finally {
      lock.unlock();
    }
  }

  private boolean take(List<Settlement> batch) {
    lock.lock();
    try {
      awaitReady();
      if (stopped) {
        return false;
      }
      linger();
      while (batch.size() < MOST && !ready.isEmpty()) {
        batch.add(ready.remove());
      }
      return !stopped;
    } catch (InterruptedException e) {
      LOG.debug("interrupted, which does not end settling");
      return !stopped;
    } finally {
      lock.unlock();
    }
  }

  private void awaitReady() throws InterruptedException {
    while (!stopped) {
      Settlement next = deferred.peek();
      while (next != null && next.notBeforeNanos - System.nanoTime() <= 0) {
        ready.add(deferred.remove());
        next = deferred.peek();
      }
      if (!ready.isEmpty()) {
        return;
      }
      if (next == null) {
        changed.await();
      } else {
        changed.awaitNanos(next.notBeforeNanos - System.nanoTime());
      }
    }
  }

  private void linger() throws InterruptedException {
    long left = TimeUnit.MILLISECONDS.toNanos(LINGER_MILLIS);
    while (left > 0 && ready.size() < ENOUGH && !hurried && !stopped) {
      left = changed.awaitNanos(left);
    }
  }

  private void send(List<Settlement> batch) {
    List<Command> commands = new ArrayList<>();
    List<List<Settlement>> concerned = new ArrayList<>();
    Map<GroupStream, List<Settlement>> acknowledged = new LinkedHashMap<>();
    for (Settlement settlement : batch) {
      Lease lease = settlement.lease;
      if (lease.isOrphaned() && settlement.outcome instanceof Outcome.Retry) {
        settlement.outcome = new Outcome.GiveUp(DeadLetterReason.PAYLOAD_LOST, "");
      }
      if (settlement.outcome instanceof Outcome.Retry retry) {
        commands.add(shared.commands().park(lease, retry.delay()));
        concerned.add(List.of(settlement));
      } else if (settlement.outcome instanceof Outcome.GiveUp end) {
        commands.add(shared.commands().bury(lease, end.reason().name(), end.error()));
        concerned.add(List.of(settlement));
      } else {
        acknowledged.computeIfAbsent(lease.stream(), stream -> new ArrayList<>()).add(settlement);
      }
    }
    acknowledged.forEach(
        (stream, settlements) -> {
          commands.add(shared.commands().acknowledge(stream, leases(settlements)));
          concerned.add(settlements);
        });
    List<@Nullable Object> replies = Pipelines.executeAll(shared.redis(), commands);
    for (int i = 0; i < replies.size(); i++) {
      answered(concerned.get(i), replies.get(i));
    }
  }

  private void answered(List<Settlement> settlements, @Nullable Object reply) {
    long code;
    try {
      code = Replies.number(reply);
    } catch (MessagingException e) {
      settlements.forEach(settlement -> failed(settlement, e));
      return;
    }
    shared.standing().proven();
    Lease first = settlements.get(0).lease;
    if (settlements.get(0).outcome instanceof Outcome.Acknowledge) {
      acknowledged(settlements, code);
    } else if (code == OTHER_GROUP && !first.isPerhapsDone()) {
      shared.standing().groupMissing(first.stream());
      settlements.forEach(this::defer);
    } else {
      done(settlements, code);
    }
  }

  /**
   * What was not pending any more another may have reported lost, if the group was lost with its
   * data; then that holds, and otherwise this.
   */
  private void acknowledged(List<Settlement> settlements, long pending) {
    List<Settlement> done = new ArrayList<>(settlements.size());
    List<Settlement> asked = new ArrayList<>();
    for (Settlement settlement : settlements) {
      boolean certain = pending >= settlements.size() || settlement.lease.isPerhapsDone();
      (certain ? done : asked).add(settlement);
    }
    for (int from = 0; from < asked.size(); from += GroupCommands.PAGE) {
      List<Settlement> page =
          asked.subList(from, Math.min(asked.size(), from + GroupCommands.PAGE));
      GroupStream stream = page.get(0).lease.stream();
      try {
        List<@Nullable Object> fates =
            Replies.list(
                shared.redis().commands().execute(shared.commands().settle(stream, leases(page))));
        for (int i = 0; i < page.size(); i++) {
          if (Replies.number(fates.get(i)) == OURS) {
            done.add(page.get(i));
          } else {
            done(List.of(page.get(i)), REPORTED);
          }
        }
      } catch (MessagingException e) {
        page.forEach(settlement -> failed(settlement, e));
      }
    }
    if (!done.isEmpty()) {
      done(done, done.size());
    }
  }

  private static List<Lease> leases(List<Settlement> settlements) {
    List<Lease> leases = new ArrayList<>(settlements.size());
    settlements.forEach(settlement -> leases.add(settlement.lease));
    return leases;
  }

  private void failed(Settlement settlement, MessagingException error) {
    if (error instanceof ClosedException) {
      shared.standing().fatal(error);
    } else if (error.code() == ErrorCode.GROUP_MISSING) {
      shared.standing().groupMissing(settlement.lease.stream());
    }
    settlement.unknown |= error.code() == ErrorCode.OUTCOME_UNKNOWN;
    if (settlement.attempts++ == 0 && isForAPerson(error)) {
      LOG.warn(
          "{} cannot be settled, will be tried again: {}", settlement.lease, error.getMessage());
    } else if (settlement.attempts == 1) {
      LOG.debug("{} could not be settled, will be tried again", settlement.lease, error);
    }
    defer(settlement);
  }

  /** Whether the server refused for a reason that does not go by itself. */
  private static boolean isForAPerson(MessagingException error) {
    return switch (error.code()) {
      case WRONG_TYPE, ACCESS_DENIED, OUT_OF_MEMORY, SERVER_ERROR -> true;
      default -> false;
    };
  }

  /** How many deliveries could not be settled, and are tried again. */
  int refused() {
    return refused.get();
  }

  private void refused(Settlement settlement, boolean now) {
    if (settlement.refused != now) {
      settlement.refused = now;
      refused.addAndGet(now ? 1 : -1);
      GroupStream stream = settlement.lease.stream();
      int all = stream.addUnsettled(now ? 1 : -1);
      if (now && all >= WorkerSettings.MOST_REFUSED && !stream.isRefused()) {
        LOG.warn("{} is not read for now: {} of its deliveries cannot be settled", stream, all);
        stream.refuse(true);
      } else if (!now && all <= WorkerSettings.MOST_REFUSED / 2) {
        stream.refuse(false);
      }
    }
  }

  private void defer(Settlement settlement) {
    refused(settlement, true);
    lock.lock();
    try {
      Backoff backoff = settlement.backoff;
      if (backoff == null) {
        backoff = new Backoff(shared.settings().random());
        settlement.backoff = backoff;
      }
      settlement.notBeforeNanos = System.nanoTime() + backoff.next().toNanos();
      deferred.add(settlement);
    } finally {
      lock.unlock();
    }
  }

  private void done(List<Settlement> settlements, long code) {
    for (Settlement settlement : settlements) {
      settlement.done = true;
      refused(settlement, false);
    }
    shared.registry().settled(leases(settlements));
    count(settlements, code);
    lock.lock();
    try {
      unsettled -= settlements.size();
      if (unsettled == 0) {
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Counts what was done by one command: many acknowledgements, or one of something else. */
  private void count(List<Settlement> settlements, long code) {
    Counters counters = settlements.get(0).lease.stream().counters();
    Settlement settlement = settlements.get(0);
    if (settlement.outcome instanceof Outcome.Acknowledge && code != REPORTED) {
      counters.acknowledged.add(settlements.size());
      return;
    }
    // Not ours any more after a reply was lost: most likely our own first attempt did it.
    if (settlement.outcome instanceof Outcome.Acknowledge || (code <= 0 && !settlement.unknown)) {
      if (settlement.lease.markLost()) {
        counters.leasesLost.add(1);
      }
    } else if (code == 2) {
      counters.payloadLost(1);
    } else if (settlement.outcome instanceof Outcome.Retry retry) {
      counters.retried.add(1);
      parked.accept(settlement.lease.stream(), retry.delay());
    } else {
      counters.deadLettered.add(1);
    }
  }

  /** One delivery to settle, and how often that was tried. Guarded by the settler's thread. */
  private static final class Settlement {
    final Lease lease;
    Outcome outcome;
    @Nullable Backoff backoff;
    int attempts;
    boolean unknown;
    boolean done;
    boolean refused;
    long notBeforeNanos;

    Settlement(Lease lease, Outcome outcome) {
      this.lease = lease;
      this.outcome = outcome;
    }
  }
}
