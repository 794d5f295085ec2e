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
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Acknowledges, puts aside and buries finished deliveries, many in one round trip. What fails is
 * kept and tried again until it succeeds; leases are renewed meanwhile, and the scripts do nothing
 * twice. As many can wait here as the registry holds; a stream of which too many could not be
 * settled is not read until half of them are.
 */
final class Settler implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Settler.class);
  private static final long OURS = 1;
  private static final long REPORTED = -1;
  private static final long OTHER_GROUP = -2;

  private final Shared shared;
  private final BiConsumer<GroupStream, Duration> parked;
  private final SettleQueue queue = new SettleQueue();

  /** The streams whose deliveries are being settled at this moment; the thread's own. */
  private final Set<GroupStream> entered = new HashSet<>();

  private final AtomicInteger refused = new AtomicInteger();

  /** A settler that tells {@code parked} when an entry is to be delivered again. */
  Settler(Shared shared, BiConsumer<GroupStream, Duration> parked) {
    this.shared = shared;
    this.parked = parked;
  }

  /** Takes a finished delivery. */
  void settle(Lease lease, Outcome outcome) {
    queue.add(new Finished(lease, outcome));
  }

  /** Stops gathering and waits until everything is settled; false if the time is up. */
  boolean drain(Duration timeout) throws InterruptedException {
    return queue.drain(timeout);
  }

  /** Ends the thread; what is not settled stays pending. */
  void stop() {
    queue.stop();
  }

  @Override
  public void run() {
    List<Finished> batch = new ArrayList<>();
    while (queue.take(batch)) {
      try {
        forgetGone(batch);
        enterGates(batch);
        send(batch);
      } catch (RuntimeException | Error e) {
        LOG.error("group {}: settling failed in the worker itself", shared.settings().group(), e);
        batch.stream().filter(delivery -> !delivery.done).forEach(this::defer);
      } finally {
        entered.forEach(stream -> stream.gate().leave());
        entered.clear();
      }
      batch.clear();
    }
  }

  // Whose tenant has no such stream any more is not to be told of it, which would make keys again.
  private void forgetGone(List<Finished> batch) {
    for (Finished delivery : batch) {
      if (delivery.lease.stream().isGone()) {
        delivery.done = true;
        refused(delivery, false);
        shared.registry().settled(List.of(delivery.lease));
        queue.settled(1);
      }
    }
    batch.removeIf(delivery -> delivery.done);
  }

  // What belongs to a stream that is just being given back to its group waits, and nothing else.
  private void enterGates(List<Finished> batch) {
    Set<GroupStream> shut = Set.of();
    GroupStream last = null;
    for (Finished delivery : batch) {
      GroupStream stream = delivery.lease.stream();
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
      long soon = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(SettleQueue.LINGER_MILLIS);
      for (Finished delivery : batch) {
        if (shut.contains(delivery.lease.stream())) {
          queue.defer(delivery, soon);
        }
      }
      batch.removeIf(delivery -> !entered.contains(delivery.lease.stream()));
    }
  }

  private void send(List<Finished> batch) {
    List<Command> commands = new ArrayList<>();
    List<List<Finished>> concerned = new ArrayList<>();
    Map<GroupStream, List<Finished>> acknowledged = new LinkedHashMap<>();
    for (Finished delivery : batch) {
      Lease lease = delivery.lease;
      if (lease.isOrphaned() && delivery.outcome instanceof Outcome.Retry) {
        delivery.outcome = new Outcome.GiveUp(DeadLetterReason.PAYLOAD_LOST, "");
      }
      if (delivery.outcome instanceof Outcome.Retry retry) {
        commands.add(shared.leases().park(lease, retry.delay()));
        concerned.add(List.of(delivery));
      } else if (delivery.outcome instanceof Outcome.GiveUp end) {
        commands.add(shared.leases().bury(lease, end.reason().name(), end.error()));
        concerned.add(List.of(delivery));
      } else {
        acknowledged.computeIfAbsent(lease.stream(), stream -> new ArrayList<>()).add(delivery);
      }
    }
    acknowledged.forEach(
        (stream, deliveries) -> {
          commands.add(shared.leases().acknowledge(stream, leases(deliveries)));
          concerned.add(deliveries);
        });
    List<@Nullable Object> replies = Pipelines.executeAll(shared.redis(), commands);
    for (int i = 0; i < replies.size(); i++) {
      answered(concerned.get(i), replies.get(i));
    }
  }

  private void answered(List<Finished> deliveries, @Nullable Object reply) {
    long code;
    try {
      code = Replies.number(reply);
    } catch (MessagingException e) {
      deliveries.forEach(delivery -> failed(delivery, e));
      return;
    }
    shared.standing().proven();
    Lease first = deliveries.get(0).lease;
    if (deliveries.get(0).outcome instanceof Outcome.Acknowledge) {
      acknowledged(deliveries, code);
    } else if (code == OTHER_GROUP && !first.isPerhapsDone()) {
      shared.standing().groupMissing(first.stream());
      deliveries.forEach(this::defer);
    } else {
      done(deliveries, code);
    }
  }

  /**
   * What was not pending any more another may have reported lost, if the group was lost with its
   * data; then that holds, and otherwise this.
   */
  private void acknowledged(List<Finished> deliveries, long pending) {
    if (pending >= deliveries.size()) {
      done(deliveries, pending);
      return;
    }
    List<Finished> done = new ArrayList<>(deliveries.size());
    List<Finished> asked = new ArrayList<>();
    for (Finished delivery : deliveries) {
      (delivery.lease.isPerhapsDone() ? done : asked).add(delivery);
    }
    for (int from = 0; from < asked.size(); from += GroupCommands.PAGE) {
      List<Finished> page = asked.subList(from, Math.min(asked.size(), from + GroupCommands.PAGE));
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
        page.forEach(delivery -> failed(delivery, e));
      }
    }
    if (!done.isEmpty()) {
      done(done, done.size());
    }
  }

  private static List<Lease> leases(List<Finished> deliveries) {
    List<Lease> leases = new ArrayList<>(deliveries.size());
    deliveries.forEach(delivery -> leases.add(delivery.lease));
    return leases;
  }

  private void failed(Finished delivery, MessagingException error) {
    if (error instanceof ClosedException) {
      shared.standing().fatal(error);
    } else if (error.code() == ErrorCode.GROUP_MISSING) {
      shared.standing().groupMissing(delivery.lease.stream());
    }
    if (error.code() == ErrorCode.QUOTA_EXCEEDED && !delivery.lacksRoom) {
      delivery.lacksRoom = true;
      delivery.lease.stream().counters().deadLettersRefused.add(1);
    }
    delivery.unknown |= error.code() == ErrorCode.OUTCOME_UNKNOWN;
    if (delivery.attempts++ == 0 && isForAPerson(error)) {
      LOG.warn("{} cannot be settled, will be tried again: {}", delivery.lease, error.getMessage());
    } else if (delivery.attempts == 1) {
      LOG.debug("{} could not be settled, will be tried again", delivery.lease, error);
    }
    defer(delivery);
  }

  /** Whether the server refused for a reason that does not go by itself. */
  private static boolean isForAPerson(MessagingException error) {
    return switch (error.code()) {
      case WRONG_TYPE, ACCESS_DENIED, OUT_OF_MEMORY, QUOTA_EXCEEDED, SERVER_ERROR -> true;
      default -> false;
    };
  }

  /** How many deliveries could not be settled, and are tried again. */
  int refused() {
    return refused.get();
  }

  private void refused(Finished delivery, boolean now) {
    if (delivery.refused != now) {
      delivery.refused = now;
      refused.addAndGet(now ? 1 : -1);
      GroupStream stream = delivery.lease.stream();
      int all = stream.addUnsettled(now ? 1 : -1);
      if (now && all >= WorkerSettings.MOST_REFUSED && !stream.isRefused()) {
        LOG.warn("{} is not read for now: {} of its deliveries cannot be settled", stream, all);
        stream.refuse(true);
      } else if (!now && all <= WorkerSettings.MOST_REFUSED / 2) {
        stream.refuse(false);
      }
    }
  }

  private void defer(Finished delivery) {
    refused(delivery, true);
    Backoff backoff = delivery.backoff;
    if (backoff == null) {
      backoff = new Backoff(shared.settings().random());
      delivery.backoff = backoff;
    }
    queue.defer(delivery, System.nanoTime() + backoff.next().toNanos());
  }

  private void done(List<Finished> deliveries, long code) {
    for (Finished delivery : deliveries) {
      delivery.done = true;
      refused(delivery, false);
    }
    shared.registry().settled(leases(deliveries));
    count(deliveries, code);
    queue.settled(deliveries.size());
  }

  /** Counts what was done by one command: many acknowledgements, or one of something else. */
  private void count(List<Finished> deliveries, long code) {
    Counters counters = deliveries.get(0).lease.stream().counters();
    Finished delivery = deliveries.get(0);
    if (delivery.outcome instanceof Outcome.Acknowledge && code != REPORTED) {
      counters.acknowledged.add(deliveries.size());
      return;
    }
    // Not ours any more after a reply was lost: most likely our own first attempt did it.
    if (delivery.outcome instanceof Outcome.Acknowledge || (code <= 0 && !delivery.unknown)) {
      if (delivery.lease.markLost()) {
        counters.leasesLost.add(1);
      }
    } else if (code == 2) {
      counters.payloadLost(1);
    } else if (delivery.outcome instanceof Outcome.Retry retry) {
      counters.retried.add(1);
      parked.accept(delivery.lease.stream(), retry.delay());
    } else {
      counters.deadLettered.add(1);
    }
  }
}
