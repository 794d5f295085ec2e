package dev.tandem.streams.internal.work;

import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.DedicatedLink;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.entry.RawEntry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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
  private static final Duration BLOCK = Duration.ofSeconds(1);
  private static final Duration REPLY_TIMEOUT = BLOCK.plusSeconds(4);
  private static final long RECHECK_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final Shared shared;
  private final Intake intake;
  private final GroupSetup setup;
  private final List<GroupStream> streams;
  private final Map<String, GroupStream> byKey = new HashMap<>();
  private final Set<GroupStream> unchecked = ConcurrentHashMap.newKeySet();
  private final Set<GroupStream> missing = ConcurrentHashMap.newKeySet();
  private final Set<GroupStream> unaccounted = ConcurrentHashMap.newKeySet();
  private final Backoff backoff;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition wake = lock.newCondition();
  private volatile boolean stopping;
  private volatile @Nullable DedicatedLink link;

  Reader(Shared shared, Intake intake, List<GroupStream> streams) {
    this.shared = shared;
    this.intake = intake;
    this.setup = new GroupSetup(shared, intake);
    this.streams = new ArrayList<>(streams);
    this.backoff = new Backoff(shared.settings().random());
    streams.forEach(stream -> byKey.put(stream.stream().text(), stream));
  }

  boolean reads(GroupStream stream) {
    return byKey.containsKey(stream.stream().text());
  }

  /** The stream's group is gone: it is made again before the next read. */
  void groupMissing(GroupStream stream) {
    missing.add(stream);
    wakeUp();
  }

  /** Entries may be pending under our name that we do not hold: looked for before the next read. */
  void unaccounted(GroupStream stream) {
    unaccounted.add(stream);
    wakeUp();
  }

  /** There may be room. */
  void wakeUp() {
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
    DedicatedLink current = connected();
    repair(current);
    shared.standing().proven();
    shared.standing().working(this);
    backoff.reset();
    while (!stopping && missing.isEmpty() && unaccounted.isEmpty()) {
      int room = awaitRoom();
      if (room > 0) {
        read(current, room);
      }
    }
  }

  private DedicatedLink connected() {
    DedicatedLink current = link;
    if (current != null && !current.isBroken()) {
      return current;
    }
    closeLink();
    DedicatedLink opened = shared.redis().openDedicated(streams.get(0).stream(), REPLY_TIMEOUT);
    link = opened;
    unchecked.addAll(streams);
    unaccounted.addAll(streams);
    return opened;
  }

  private void repair(DedicatedLink current) {
    for (GroupStream stream : streams) {
      if (stopping) {
        return;
      }
      boolean wasLost = missing.remove(stream);
      boolean isUnaccounted = unaccounted.remove(stream);
      try {
        if (wasLost || unchecked.contains(stream)) {
          setup.establish(current, stream, wasLost);
          unchecked.remove(stream);
        }
        if (isUnaccounted) {
          setup.takeUnaccounted(current, stream);
        }
      } catch (RuntimeException | Error e) {
        if (wasLost) {
          missing.add(stream);
        }
        unaccounted.add(stream);
        throw e;
      }
    }
  }

  /** Waits a while for enough room to be worth a read; 0 if there is none. */
  private int awaitRoom() {
    int enough = Math.max(1, shared.settings().prefetch() / 4);
    long left = RECHECK_NANOS;
    lock.lock();
    try {
      while (!stopping
          && left > 0
          && missing.isEmpty()
          && unaccounted.isEmpty()
          && intake.room() < enough) {
        left = wake.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      stopping = true;
    } finally {
      lock.unlock();
    }
    boolean interrupted = stopping || !missing.isEmpty() || !unaccounted.isEmpty();
    int room = intake.room();
    return interrupted || room < enough ? 0 : room;
  }

  private void read(DedicatedLink current, int room) {
    Command command =
        Command.of("XREADGROUP")
            .arg("GROUP")
            .arg(shared.settings().group())
            .arg(shared.settings().consumer())
            .arg("COUNT")
            .arg(Math.max(1, room / streams.size()))
            .arg("BLOCK")
            .arg(BLOCK.toMillis())
            .arg("STREAMS");
    streams.forEach(stream -> command.key(stream.stream()));
    streams.forEach(stream -> command.arg(">"));
    Object reply = current.execute(command);
    long received = System.nanoTime();
    shared.standing().proven();
    for (Replies.Pair one : Replies.pairs(reply)) {
      GroupStream stream = byKey.get(Replies.text(one.key()));
      if (stream != null) {
        for (Object entry : Replies.list(one.value())) {
          RawEntry raw = RawEntry.of(entry);
          stream.advance(raw.id());
          intake.admit(stream, raw, 1, received);
        }
      }
    }
    Collections.rotate(streams, -1); // so that no stream is always served first
  }

  private void recover(Throwable error) {
    shared.standing().troubled(this, error);
    unaccounted.addAll(streams);
    if (error instanceof MessagingException known && known.code() == ErrorCode.GROUP_MISSING) {
      missing.addAll(streams);
    } else if (!(error instanceof MessagingException)) {
      LOG.error("group {}: reading failed in the worker itself", shared.settings().group(), error);
      closeLink();
    }
    long left = backoff.next().toNanos();
    lock.lock();
    try {
      while (!stopping && left > 0) {
        left = wake.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      stopping = true;
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
