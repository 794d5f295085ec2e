package dev.tandem.streams.internal.consume;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.streams.internal.group.Admission;
import dev.tandem.streams.internal.group.GroupCommands;
import dev.tandem.streams.internal.group.GroupSetup;
import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.Lease;
import dev.tandem.streams.internal.group.TakenEntry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One stream that is polled: takes retries that are due, then what dead consumers held, then new
 * entries. Polls of the same stream take turns, so that an entry whose reply is on its way is not
 * mistaken for one whose reply was lost; everything but the flags belongs to whose turn it is.
 */
final class Lane implements Admission {
  private static final Logger LOG = LoggerFactory.getLogger(Lane.class);

  private final ConsumerCore core;
  private final GroupStream stream;
  private final GroupSetup setup;
  private final LapsedWork lapsed;
  final ReentrantLock turn = new ReentrantLock();

  /** Taken and not handed out yet. */
  final ArrayDeque<Lease> ready = new ArrayDeque<>();

  /** What nobody gets to see: not buried yet. */
  final ArrayDeque<Request> doomed = new ArrayDeque<>();

  private long nextDueMillis = -1;
  private volatile boolean unchecked = true;
  private volatile boolean missing;
  private volatile boolean unaccounted;

  /** Why the last round did less than it should; empty if it did not. */
  private volatile String trouble = "";

  Lane(ConsumerCore core, GroupStream stream) {
    this.core = core;
    this.stream = stream;
    this.setup = new GroupSetup(core.member(), this);
    this.lapsed = new LapsedWork(core.member(), stream, core.settings().retry().maxDeliveries());
  }

  GroupStream stream() {
    return stream;
  }

  /** Says why the last round did less than it should; empty if it did not. */
  void trouble(String why) {
    trouble = why;
  }

  String trouble() {
    return trouble;
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
    core.giving(
        () -> {
          if (unchecked || missing) {
            setup.establish(executor(), stream);
            missing = false;
            unchecked = false;
          }
        });
  }

  /**
   * Has up to so many ready, as far as there are any.
   *
   * @param room how many more may be taken
   * @param block how long to wait for one; zero not at all
   */
  void gather(int room, Duration block) {
    try {
      repair();
      bury();
      int left = room - promote(room);
      int before = ready.size();
      lapsed.take(executor(), this, left);
      left -= ready.size() - before;
      if (left > 0) {
        read(left, ready.isEmpty() ? block : Duration.ZERO);
      }
    } catch (MessagingException e) {
      missing |= e.code() == ErrorCode.GROUP_MISSING;
      unaccounted = true;
      if (ready.isEmpty()) {
        throw e;
      }
      LOG.debug("{}: less was taken than there may be, for an error", stream, e);
      trouble = String.valueOf(e.getMessage());
    }
  }

  private void repair() {
    if (unchecked || missing) {
      establish();
      unaccounted = true;
    }
    if (unaccounted) {
      unaccounted = false;
      setup.takeUnaccounted(executor(), stream);
    }
  }

  /**
   * Moves what is not to be handled to the dead letters; what fails is tried with the next poll.
   */
  void bury() {
    if (doomed.isEmpty()) {
      return;
    }
    Settling settling = core.verbs().settling();
    settling.settle(doomed.stream().toList());
    for (Request request : doomed) {
      if (settling.isSettled(request)) {
        core.verbs().count(request);
      } else if (request.error != null) {
        LOG.warn(
            "{} cannot be dead-lettered, will be tried again: {}",
            request.lease,
            request.error.getMessage());
        trouble = "a dead letter cannot be written: " + request.error.getMessage();
      }
    }
    doomed.removeIf(settling::isSettled);
  }

  private int promote(int most) {
    if (most <= 0) {
      return 0;
    }
    long sent = System.nanoTime();
    GroupCommands.Promoted promoted = core.member().commands().promote(executor(), stream, most);
    admit(stream, promoted.taken(), sent);
    nextDueMillis = promoted.nextDueMillis();
    if (!promoted.failure().isEmpty()) {
      LOG.warn(
          "{}: a dead letter could not be written, will be tried again: {}",
          stream,
          promoted.failure());
    }
    return promoted.taken().entries().size();
  }

  private void read(int most, Duration block) {
    Command command =
        Command.of("XREADGROUP")
            .arg("GROUP")
            .arg(stream.group())
            .arg(core.settings().consumer())
            .arg("COUNT")
            .arg(most);
    long wait = nextDueMillis < 0 ? block.toMillis() : Math.min(block.toMillis(), nextDueMillis);
    if (wait > 0) {
      command.arg("BLOCK").arg(wait);
    }
    command.arg("STREAMS").key(stream.stream()).arg(">");
    long sent = System.nanoTime();
    Object reply =
        wait > 0 ? core.links().execute(stream.stream(), command) : executor().execute(command);
    for (Replies.Pair one : Replies.pairs(reply)) {
      List<RawEntry> entries = Replies.list(one.value()).stream().map(RawEntry::of).toList();
      if (!entries.isEmpty()) {
        EntryId last = entries.get(entries.size() - 1).id();
        stream.memory().read(entries.get(0).id(), last);
        stream.advance(last);
        entries.forEach(entry -> admit(entry, 1, sent));
      }
    }
  }

  private CommandExecutor executor() {
    return core.member().redis().commands();
  }

  @Override
  public <R> R exclusively(Supplier<R> asking) {
    return asking.get(); // whoever asks has the turn
  }

  @Override
  public void admit(GroupStream of, GroupCommands.Taken taken, long confirmedNanos) {
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
