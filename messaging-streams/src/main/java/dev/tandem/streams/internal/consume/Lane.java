package dev.tandem.streams.internal.consume;

import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.GroupView;
import dev.tandem.streams.internal.group.Lease;
import dev.tandem.streams.internal.wire.Pipelines;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One stream that is polled, and what is replayed to the group: takes retries that are due,
 * replays, then what dead consumers held, then new entries. Polls of the same stream take turns, so
 * that an entry whose reply is on its way is not mistaken for one whose reply was lost; everything
 * but the feeds' flags belongs to whose turn it is.
 *
 * <p>The stream of replays costs nothing until a look at the group has found something in it. From
 * then on one more command of each poll, in the same round trip, takes up to half of what there is
 * room for from it.
 */
final class Lane {
  private static final Logger LOG = LoggerFactory.getLogger(Lane.class);

  private final ConsumerCore core;
  private final Feed source;
  private final Feed replays;
  final ReentrantLock turn = new ReentrantLock();

  /** Taken and not handed out yet. */
  final ArrayDeque<Lease> ready = new ArrayDeque<>();

  /** What nobody gets to see: not settled yet. */
  final ArrayDeque<Request> doomed = new ArrayDeque<>();

  /** Whether there may be something in the stream of replays. */
  private boolean replaying;

  /** Who had the only place the last time that there was only one. */
  private boolean replayWasFirst;

  /** Whether the stream of replays could not be read the last time. */
  private boolean replaysFailing;

  /** Why the last round did less than it should; empty if it did not. */
  private volatile String trouble = "";

  Lane(ConsumerCore core, GroupStream stream) {
    this.core = core;
    this.source = new Feed(core, stream, ready, this::looked);
    this.replays = new Feed(core, stream.replay(), ready, this::replaysLooked);
  }

  /** The stream that is published to. */
  GroupStream stream() {
    return source.stream();
  }

  /** Says why the last round did less than it should; empty if it did not. */
  void trouble(String why) {
    trouble = why;
  }

  String trouble() {
    return trouble;
  }

  /** Both streams. */
  List<GroupStream> streams() {
    return List.of(source.stream(), replays.stream());
  }

  /** What takes from this stream, or null if it is none of this lane. */
  @Nullable Feed feedOf(GroupStream stream) {
    return stream == source.stream() ? source : stream == replays.stream() ? replays : null;
  }

  /** What takes from the stream of this lease of ours. */
  Feed feedOf(Lease lease) {
    return lease.stream().isReplay() ? replays : source;
  }

  private void looked(GroupView view) {
    if (view.toReplay() > 0) {
      replaying = true;
    } else if (replaying && core.member().registry().of(replays.stream()).isEmpty()) {
      replaying = false;
      try {
        core.member().commands().retire(executor(), replays.stream());
      } catch (MessagingException e) {
        LOG.debug("{}: could not leave, there is nothing left in it", replays.stream(), e);
      }
      replays.rest();
    }
  }

  private void replaysLooked(GroupView view) {
    if (view.nextDueMillis() >= 0) {
      replays.dueIn(Duration.ofMillis(view.nextDueMillis()));
    }
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
      settleDoomed();
      int enough = ready.size() + room;
      takeDueAndReplays(room);
      source.takeLapsed(enough - ready.size());
      takeLapsedReplays(enough - ready.size());
      if (ready.size() < enough) {
        read(enough - ready.size(), ready.isEmpty() ? block : Duration.ZERO);
      }
    } catch (MessagingException e) {
      source.failed(e);
      if (ready.isEmpty()) {
        throw e;
      }
      LOG.debug("{}: less was taken than there may be, for an error", stream(), e);
      trouble = String.valueOf(e.getMessage());
    }
  }

  private void repair() {
    source.repair();
    if (replaying) {
      try {
        replays.repair();
      } catch (MessagingException e) {
        replaysFailed(e);
      }
    }
  }

  // What is in the way of the replays must not keep the stream itself from being read.
  private void replaysFailed(MessagingException error) {
    replays.failed(error);
    trouble = "its replays cannot be read: " + error.getMessage();
    if (replaysFailing) {
      LOG.debug("{} cannot be read, will be tried again", replays.stream(), error);
    } else {
      LOG.warn("{} cannot be read, will be tried again: {}", replays.stream(), error.getMessage());
    }
    replaysFailing = true;
  }

  /**
   * Settles what is not to be handled: most of it goes to the dead letters; what fails is tried
   * with the next poll.
   */
  void settleDoomed() {
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

  /** Leaves to the group what nobody has extended in time, if extending is left to the caller. */
  void letLapse() {
    if (!core.settings().autoRenew()) {
      source.letLapse();
      replays.letLapse();
    }
  }

  private void takeDueAndReplays(int room) {
    int share = shareOfReplays(room);
    int most = room - share;
    if (share == 0) {
      if (most > 0) {
        Command promote = source.promote(most);
        long sent = System.nanoTime();
        source.promoted(executor().execute(promote), sent);
      }
      return;
    }
    boolean isDue = replays.untilDueMillis() == 0;
    Command ofReplays = isDue ? replays.promote(share) : replays.read(share, 0);
    List<Command> both = most > 0 ? List.of(ofReplays, source.promote(most)) : List.of(ofReplays);
    long sent = System.nanoTime();
    List<@Nullable Object> replies = Pipelines.executeAll(core.member().redis(), both);
    try {
      if (isDue) {
        replays.promoted(replies.get(0), sent);
      } else {
        replays.wasRead(replies.get(0), sent);
      }
      replaysFailing = false;
    } catch (MessagingException e) {
      replaysFailed(e);
    }
    if (most > 0) {
      source.promoted(replies.get(1), sent);
    }
  }

  /** How much of this room is for what is replayed: half, and a single place in turn. */
  private int shareOfReplays(int room) {
    if (!replaying || room == 0) {
      return 0;
    }
    if (room == 1) {
      replayWasFirst = !replayWasFirst;
      return replayWasFirst ? 1 : 0;
    }
    return room / 2;
  }

  private void takeLapsedReplays(int room) {
    if (replaying) {
      try {
        replays.takeLapsed(room);
      } catch (MessagingException e) {
        replaysFailed(e);
      }
    }
  }

  private void read(int most, Duration block) {
    long wait = Math.min(block.toMillis(), source.untilDueMillis());
    if (replaying) {
      wait = Math.min(wait, replays.untilDueMillis());
    }
    Command command = source.read(most, wait);
    long sent = System.nanoTime();
    source.wasRead(
        wait > 0 ? core.links().execute(stream().stream(), command) : executor().execute(command),
        sent);
  }

  private CommandExecutor executor() {
    return core.member().redis().commands();
  }
}
