package dev.tandem.streams.internal.work;

import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.DedicatedLink;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.streams.internal.group.Backoff;
import dev.tandem.streams.internal.group.GroupSetup;
import dev.tandem.streams.internal.group.GroupStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads new entries of some streams over a connection of its own, only while there is room for
 * them. After each error it makes sure that the groups exist and that nothing is pending under our
 * name which we do not hold.
 */
final class Reader implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Reader.class);
  private static final Duration LONGEST_BLOCK = Duration.ofSeconds(1);

  /** How soon to look whether a stream may be read again of which too much waits in order. */
  private static final Duration RECHECK_HELD = Duration.ofMillis(20);

  /** The same for one of which too much could not be settled. */
  private static final Duration RECHECK_REFUSED = Duration.ofMillis(200);

  private static final Duration SHORTEST_BLOCK = Duration.ofMillis(10);
  private static final Duration REPLY_TIMEOUT = LONGEST_BLOCK.plusSeconds(4);
  private static final long RECHECK_SET_ASIDE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int NOT_WAITING = -1;

  /** The most entries of one read: how large they are is not known before. */
  private static final int MOST_READ = 512;

  private static final long RECHECK_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final Shared shared;
  private final Intake intake;
  private final ReadStreams streams;

  /** Short against the lease: a lease counts from when its read was sent, not from its reply. */
  private final Duration block;

  /** How many streams in a row had nothing new, while there are more streams than room. */
  private int foundEmpty;

  private final Backoff backoff;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition wake = lock.newCondition();
  private volatile boolean stopping;

  /** While it waits for room: with how many open deliveries there is enough. */
  private volatile int roomyAt = NOT_WAITING;

  private volatile @Nullable DedicatedLink link;

  Reader(Shared shared, Intake intake, List<GroupStream> streams) {
    this.shared = shared;
    this.intake = intake;
    this.streams = new ReadStreams(streams, new GroupSetup(shared.member(), intake));
    this.backoff = new Backoff(shared.settings().random());
    Duration quarter = shared.settings().lease().dividedBy(4);
    this.block =
        quarter.compareTo(LONGEST_BLOCK) > 0
            ? LONGEST_BLOCK
            : quarter.compareTo(SHORTEST_BLOCK) < 0 ? SHORTEST_BLOCK : quarter;
  }

  boolean reads(GroupStream stream) {
    return streams.contains(stream);
  }

  /** Reads this stream too from now on. */
  void add(GroupStream stream) {
    streams.add(stream);
    wakeUp();
  }

  /** Does not read this stream any more, in which nothing is left. */
  void remove(GroupStream stream) {
    streams.remove(stream);
    wakeUp();
  }

  /** The stream's group is gone: it is made again before the next read. */
  void groupMissing(GroupStream stream) {
    streams.groupMissing(stream);
    wakeUp();
  }

  /** Entries may be pending under our name that we do not hold: looked for before the next read. */
  void unaccounted(GroupStream stream) {
    streams.unaccounted(stream);
    wakeUp();
  }

  /** There may be room: wakes the reader if it waits for that and there is enough. */
  void roomMade() {
    if (shared.registry().open() <= roomyAt) {
      roomyAt = NOT_WAITING;
      wakeUp();
    }
  }

  private void wakeUp() {
    lock.lock();
    try {
      wake.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Ends the thread, also while it waits for entries. */
  void stop() {
    stopping = true;
    DedicatedLink current = link;
    if (current != null) {
      current.interrupt();
    }
    wakeUp();
  }

  @Override
  public void run() {
    while (!stopping) {
      try {
        step();
      } catch (ClosedException e) {
        if (!stopping) {
          shared.standing().fatal(e);
        }
        break;
      } catch (RuntimeException | Error e) {
        if (!stopping) {
          recover(e);
        }
      }
    }
    closeLink();
  }

  private void step() {
    streams.change();
    DedicatedLink current = connected();
    streams.putRight(current, () -> stopping, e -> shared.standing().troubled(this, e));
    List<GroupStream> usable = streams.usable();
    boolean all = streams.areAllUsable();
    shared.standing().proven();
    if (all) {
      shared.standing().working(this);
      backoff.reset();
    }
    if (usable.isEmpty()) {
      pause(RECHECK_SET_ASIDE_NANOS);
    }
    foundEmpty = 0;
    long until = System.nanoTime() + RECHECK_SET_ASIDE_NANOS;
    while (!isNeeded() && !usable.isEmpty() && (all || until > System.nanoTime())) {
      int room = awaitRoom();
      if (room > 0) {
        readInTurn(current, usable, room);
      }
    }
  }

  /** Whether there is something to do before the next read. */
  private boolean isNeeded() {
    return stopping || streams.haveTrouble();
  }

  private DedicatedLink connected() {
    DedicatedLink current = link;
    if (current != null && !current.isBroken()) {
      return current;
    }
    closeLink();
    DedicatedLink opened = shared.redis().openDedicated(streams.first().stream(), REPLY_TIMEOUT);
    link = opened;
    streams.distrustAll();
    return opened;
  }

  /** Waits a while for enough room to be worth a read; 0 if there is none. */
  private int awaitRoom() {
    int limit = intake.limit();
    int enough = Math.max(1, Math.min(limit / 4, MOST_READ / 2));
    long left = RECHECK_NANOS;
    lock.lock();
    try {
      roomyAt = limit + intake.shelved() - enough;
      while (!isNeeded() && left > 0 && intake.room() < enough) {
        left = wake.awaitNanos(left);
        roomyAt = limit + intake.shelved() - enough;
      }
    } catch (InterruptedException e) {
      LOG.debug("interrupted, which does not end reading");
    } finally {
      roomyAt = NOT_WAITING;
      lock.unlock();
    }
    int room = intake.room();
    return isNeeded() || room < enough ? 0 : Math.min(room, MOST_READ);
  }

  // Streams change places after each read, so that none is always served first.
  private void readInTurn(DedicatedLink current, List<GroupStream> usable, int room) {
    if (usable.size() <= room) {
      read(current, usable, room / usable.size(), true);
      Collections.rotate(usable, -1);
    } else if (foundEmpty >= usable.size()) {
      // Wakes with the first entry. Only if many come at this very moment is it more than the room.
      foundEmpty = read(current, usable, 1, true) < room ? foundEmpty : 0;
      Collections.rotate(usable, -1);
    } else {
      // An entry of each would be more than there is room for.
      int taken = read(current, usable.subList(0, room), 1, false);
      foundEmpty = taken > 0 ? 0 : foundEmpty + room;
      Collections.rotate(usable, -room);
    }
  }

  /** Reads up to so many entries of each stream; how many it got. */
  private int read(DedicatedLink current, List<GroupStream> usable, int count, boolean wait) {
    List<GroupStream> open = usable;
    Duration longest = block;
    if (!usable.stream().allMatch(GroupStream::isReadable)) {
      open = usable.stream().filter(GroupStream::isReadable).toList();
      boolean anyHeld = usable.stream().anyMatch(GroupStream::isHeld);
      longest = min(block, anyHeld ? RECHECK_HELD : RECHECK_REFUSED);
      if (open.isEmpty()) {
        pause(wait ? longest.toNanos() : 0);
        return 0;
      }
    }
    Command command =
        Command.of("XREADGROUP")
            .arg("GROUP")
            .arg(shared.settings().group())
            .arg(shared.settings().consumer())
            .arg("COUNT")
            .arg(count);
    if (wait) {
      command.arg("BLOCK").arg(longest.toMillis());
    }
    command.arg("STREAMS");
    open.forEach(stream -> command.key(stream.stream()));
    open.forEach(stream -> command.arg(">"));
    // Not when the reply came: it may have lain there for longer than the lease.
    long sent = System.nanoTime();
    Object reply = current.execute(command);
    int taken = 0;
    shared.standing().proven();
    for (Replies.Pair one : Replies.pairs(reply)) {
      GroupStream stream = streams.byKey(Replies.text(one.key()));
      if (stream != null) {
        List<@Nullable Object> entries = Replies.list(one.value());
        List<RawEntry> raw = new ArrayList<>(entries.size());
        entries.forEach(entry -> raw.add(RawEntry.of(entry)));
        if (!raw.isEmpty()) {
          EntryId last = raw.get(raw.size() - 1).id();
          stream.memory().read(raw.get(0).id(), last);
          stream.advance(last);
          intake.admitNew(stream, raw, sent);
          taken += raw.size();
        }
      }
    }
    return taken;
  }

  private static Duration min(Duration one, Duration other) {
    return one.compareTo(other) <= 0 ? one : other;
  }

  private void recover(Throwable error) {
    shared.standing().troubled(this, error);
    streams.distrustAll();
    if (error instanceof MessagingException known && known.code() == ErrorCode.GROUP_MISSING) {
      streams.allGroupsMissing();
    } else if (!(error instanceof MessagingException)) {
      LOG.error("group {}: reading failed in the worker itself", shared.settings().group(), error);
      closeLink();
    }
    pause(backoff.next().toNanos());
  }

  private void pause(long nanos) {
    long left = nanos;
    lock.lock();
    try {
      while (!stopping && left > 0) {
        left = wake.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      LOG.debug("interrupted, which does not end reading");
    } finally {
      lock.unlock();
    }
  }

  private void closeLink() {
    DedicatedLink current = link;
    link = null;
    if (current != null) {
      current.close();
    }
  }
}
