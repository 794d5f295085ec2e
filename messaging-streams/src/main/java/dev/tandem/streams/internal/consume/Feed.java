package dev.tandem.streams.internal.consume;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.streams.internal.group.Admission;
import dev.tandem.streams.internal.group.ClaimCommands;
import dev.tandem.streams.internal.group.GroupCommands;
import dev.tandem.streams.internal.group.GroupSetup;
import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.GroupView;
import dev.tandem.streams.internal.group.Lease;
import dev.tandem.streams.internal.group.TakenEntry;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One stream that a lane takes deliveries from: the one that is published to, or that of what is
 * replayed to the group. Everything but the flags, and when retries are due, belongs to whose turn
 * it is.
 */
final class Feed implements Admission {
  private static final Logger LOG = LoggerFactory.getLogger(Feed.class);
  private static final long NOTHING_DUE = TimeUnit.DAYS.toNanos(1);

  private final ConsumerCore core;
  private final GroupStream stream;
  private final Queue<Lease> ready;
  private final GroupSetup setup;
  private final LapsedWork lapsed;

  /** When retries are due, as far as known. */
  private final AtomicLong dueAt = new AtomicLong(System.nanoTime() + NOTHING_DUE);

  private long lookForStaleAt = System.nanoTime();
  private volatile boolean unchecked = true;
  private volatile boolean missing;
  private volatile boolean unaccounted;

  /** A feed that puts what it takes here, and tells of each look at the group. */
  Feed(ConsumerCore core, GroupStream stream, Queue<Lease> ready, Consumer<GroupView> looked) {
    this.core = core;
    this.stream = stream;
    this.ready = ready;
    this.setup = new GroupSetup(core.member(), this);
    int most = core.settings().retry().maxDeliveries();
    this.lapsed = new LapsedWork(core.member(), stream, most, looked);
  }

  GroupStream stream() {
    return stream;
  }

  /** The group is known to be gone: it is made again before the next read. */
  void groupMissing() {
    missing = true;
  }

  /** Entries may be pending under our name that we do not hold. */
  void unaccounted() {
    unaccounted = true;
  }

  /** Makes the group again where it stood, with what we hold of it pending. */
  void makeGroupAgain() {
    missing = true;
    establish();
    unaccounted = true;
  }

  private void establish() {
    stream.gate().give(this::establishIfNeeded);
  }

  private void establishIfNeeded() {
    if (unchecked || missing) {
      setup.establish(executor(), stream);
      missing = false;
      unchecked = false;
    }
  }

  /** Makes sure of the group, and takes what is pending under our name and not held. */
  void repair() {
    if (unchecked || missing) {
      establish();
      unaccounted = true;
    }
    if (unaccounted) {
      unaccounted = false;
      setup.takeUnaccounted(executor(), stream);
    }
  }

  /** Something went wrong: what it leaves open is put right before the next read. */
  void failed(MessagingException error) {
    missing |= error.code() == ErrorCode.GROUP_MISSING;
    unaccounted = true;
  }

  /** It is not read for now, for there is nothing in it. */
  void rest() {
    stream.forget();
    unchecked = true;
    dueAt.set(System.nanoTime() + NOTHING_DUE);
  }

  /** What takes up to so many retries that are due. */
  Command promote(int most) {
    dueAt.set(System.nanoTime() + NOTHING_DUE);
    return core.member().claims().promotion(stream, most);
  }

  /** Takes in the reply. */
  void promoted(@Nullable Object reply, long sent) {
    ClaimCommands.Promoted promoted = ClaimCommands.promoted(Replies.orThrow(reply));
    admit(stream, promoted.taken(), sent);
    if (promoted.nextDueMillis() >= 0) {
      dueIn(Duration.ofMillis(promoted.nextDueMillis()));
    }
    if (promoted.otherGroup()) {
      missing = true;
    }
    if (!promoted.failure().isEmpty()) {
      LOG.warn(
          "{}: a dead letter could not be written, will be tried again: {}",
          stream,
          promoted.failure());
    }
  }

  /** A retry is due after this time. From any thread. */
  void dueIn(Duration delay) {
    long at = System.nanoTime() + Math.min(NOTHING_DUE, delay.toNanos());
    dueAt.accumulateAndGet(at, (one, other) -> one - other <= 0 ? one : other);
  }

  /** In how many milliseconds a retry is due, as far as known; 0 if one is. */
  long untilDueMillis() {
    long left = Math.max(0, dueAt.get() - System.nanoTime());
    return TimeUnit.NANOSECONDS.toMillis(left + TimeUnit.MILLISECONDS.toNanos(1) - 1);
  }

  /** What reads up to so many new entries, and waits for the first unless that is zero. */
  Command read(int most, long waitMillis) {
    Command command =
        Command.of("XREADGROUP")
            .arg("GROUP")
            .arg(stream.group())
            .arg(core.settings().consumer())
            .arg("COUNT")
            .arg(most);
    if (waitMillis > 0) {
      command.arg("BLOCK").arg(waitMillis);
    }
    return command.arg("STREAMS").key(stream.stream()).arg(">");
  }

  /** Takes in the reply. */
  void wasRead(@Nullable Object reply, long sent) {
    for (Replies.Pair one : Replies.pairs(Replies.orThrow(reply))) {
      List<RawEntry> entries = Replies.list(one.value()).stream().map(RawEntry::of).toList();
      if (!entries.isEmpty()) {
        EntryId last = entries.get(entries.size() - 1).id();
        stream.memory().read(entries.get(0).id(), last);
        stream.advance(last);
        entries.forEach(entry -> admit(entry, 1, sent));
      }
    }
  }

  /** Takes up to so many that others have let lapse, if it is time to look for them. */
  void takeLapsed(int most) {
    lapsed.take(executor(), this, most);
  }

  /**
   * Leaves to the group, counted, what was polled and not extended in time; other consumers would
   * take it over, but not this one, which may be the only one.
   */
  void letLapse() {
    long leaseNanos = core.settings().lease().toNanos();
    long now = System.nanoTime();
    if (now - lookForStaleAt < 0) {
      return;
    }
    lookForStaleAt = now + leaseNanos / 4;
    List<Lease> stale =
        core.member().registry().of(stream).stream()
            .filter(lease -> lease.state() == Lease.State.RUNNING && lease.isStale(now, leaseNanos))
            .limit(GroupCommands.PAGE)
            .toList();
    if (stale.isEmpty()) {
      return;
    }
    List<GroupCommands.PendingRow> rows =
        stale.stream()
            .map(lease -> new GroupCommands.PendingRow(lease.id(), lease.deliveries()))
            .toList();
    try {
      core.member().leases().releaseCounted(executor(), stream, rows);
    } catch (MessagingException e) {
      LOG.debug("{}: what has lapsed could not be left to others", stream, e);
      return;
    }
    for (Lease lease : stale) {
      if (lease.markLost()) {
        stream.counters().leasesLost.add(1);
      }
    }
    core.member().registry().forgetLost();
  }

  private CommandExecutor executor() {
    return core.member().redis().commands();
  }

  @Override
  public <R> R exclusively(Supplier<R> asking) {
    return asking.get(); // whoever asks has the turn
  }

  @Override
  public void admit(GroupStream of, ClaimCommands.Taken taken, long confirmedNanos) {
    stream.memory().took(taken.entries());
    for (TakenEntry entry : taken.entries()) {
      admit(entry.entry(), entry.deliveries(), confirmedNanos);
    }
    if (taken.lost() > 0) {
      stream.counters().payloadLost(taken.lost());
    }
  }

  private void admit(RawEntry entry, long deliveries, long confirmedNanos) {
    Lease lease = new Lease(stream, entry, deliveries, confirmedNanos);
    if (core.member().registry().add(lease)) {
      if (deliveries > 1) {
        stream.counters().redelivered.add(1);
      }
      ready.add(lease);
    }
  }
}
