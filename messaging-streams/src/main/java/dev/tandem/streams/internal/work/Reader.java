package dev.tandem.streams.internal.work;

import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.DedicatedLink;
import dev.tandem.streams.internal.group.Backoff;
import dev.tandem.streams.internal.group.GroupSetup;
import dev.tandem.streams.internal.group.GroupStream;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads new entries of some streams, only while there is room for them, in the turns of {@link
 * Rota}: over a connection of its own, on which the server waits for entries; or, where streams lie
 * in many places, by asking for those of each now and then over the connections of the pool. After
 * each error it makes sure that the groups exist and that nothing is pending under our name which
 * we do not hold.
 */
final class Reader implements Runnable, Rota.Reads {
  private static final Logger LOG = LoggerFactory.getLogger(Reader.class);
  private static final Duration LONGEST_BLOCK = Duration.ofSeconds(1);
  private static final Duration SHORTEST_BLOCK = Duration.ofMillis(10);

  /** How much longer a read of very many streams may wait, for it costs more to send. */
  private static final Duration BLOCK_PER_THOUSAND = Duration.ofMillis(400);

  private static final Duration MOST_BLOCK = Duration.ofSeconds(5);
  private static final Duration REPLY_TIMEOUT = MOST_BLOCK.plusSeconds(2);
  private static final Duration COLD_EACH = Duration.ofNanos(100_000);

  /** The same where each stream takes a command of its own. */
  private static final Duration COLD_EACH_POLLED = Duration.ofMillis(1);

  private static final Duration FIRST_POLL = Duration.ofMillis(10);
  private static final Duration RAREST_POLL = Duration.ofMillis(200);
  private static final long RECHECK_SET_ASIDE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int NOT_WAITING = -1;
  private static final int ANY_END = Integer.MAX_VALUE;

  private final Shared shared;
  private final Intake intake;
  private final ReadStreams streams;
  private final GroupReads reads;
  private final boolean polls;

  /** Short against the lease: a lease counts from when its read was sent, not from its reply. */
  private final Duration block;

  private final Rota rota;
  private final Backoff backoff;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition wake = lock.newCondition();
  private volatile boolean stopping;
  private Duration poll = FIRST_POLL;

  /** While it waits for room: with how many open deliveries there is enough. */
  private volatile int roomyAt = NOT_WAITING;

  private volatile @Nullable DedicatedLink link;

  /**
   * A reader of these streams and of what is added.
   *
   * @param polls whether they may lie in different places of a Cluster
   */
  Reader(Shared shared, Intake intake, List<GroupStream> streams, boolean polls) {
    this.shared = shared;
    this.intake = intake;
    this.streams = new ReadStreams(streams, new GroupSetup(shared.member(), intake));
    this.reads = new GroupReads(shared, intake, this.streams);
    this.polls = polls;
    this.backoff = new Backoff(shared.settings().random());
    Duration quarter = shared.settings().lease().dividedBy(4);
    this.block = quarter.compareTo(SHORTEST_BLOCK) < 0 ? SHORTEST_BLOCK : quarter;
    Duration longest = min(block, polls ? RAREST_POLL : MOST_BLOCK);
    this.rota = new Rota(intake, this, longest, polls ? COLD_EACH_POLLED : COLD_EACH);
  }

  boolean reads(GroupStream stream) {
    return streams.contains(stream);
  }

  /** How many streams it reads, or is about to. */
  int size() {
    return streams.size();
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
    GroupStream any = streams.any();
    if (any == null) {
      closeLink();
      shared.standing().working(this);
      pause(RECHECK_SET_ASIDE_NANOS, this::isNeeded);
      return;
    }
    CommandExecutor executor = polls ? shared.redis().commands() : connected(any);
    streams.putRight(
        executor, rota.lively(), this::isBroken, e -> shared.standing().troubled(this, e));
    List<GroupStream> usable = streams.usable();
    boolean all = streams.areAllUsable();
    shared.standing().proven();
    if (all) {
      shared.standing().working(this);
      backoff.reset();
    }
    if (usable.isEmpty() && !streams.areSomeLeft()) {
      pause(RECHECK_SET_ASIDE_NANOS, this::isNeeded);
    }
    rota.serve(usable);
    if (streams.areSomeLeft()) {
      rota.turn(Duration.ZERO); // what can be read already does not wait for the rest
      return;
    }
    boolean again = !all || streams.areSomeAside();
    long start = System.nanoTime();
    long left = RECHECK_SET_ASIDE_NANOS;
    while (!isNeeded() && !usable.isEmpty() && left > 0) {
      rota.turn(again ? Duration.ofNanos(left) : MOST_BLOCK);
      left = again ? RECHECK_SET_ASIDE_NANOS - (System.nanoTime() - start) : left;
    }
  }

  private boolean isBroken() {
    DedicatedLink current = link;
    return !polls && (current == null || current.isBroken());
  }

  /** Whether there is something to do before the next read. */
  private boolean isNeeded() {
    return stopping || streams.haveTrouble();
  }

  private DedicatedLink connected(GroupStream any) {
    DedicatedLink current = link;
    if (current != null && !current.isBroken()) {
      return current;
    }
    closeLink();
    DedicatedLink opened = shared.redis().openDedicated(any.stream(), REPLY_TIMEOUT);
    link = opened;
    streams.distrustAll();
    return opened;
  }

  @Override
  public void awaitRoom(int enough, Duration most) {
    long left = most.toNanos();
    lock.lock();
    try {
      while (!isNeeded() && left > 0 && intake.room() < enough) {
        roomyAt = intake.limit() + intake.shelved() - enough;
        left = wake.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      LOG.debug("interrupted, which does not end reading");
    } finally {
      roomyAt = NOT_WAITING;
      lock.unlock();
    }
  }

  @Override
  public void awaitEnd(Duration most) {
    long left = most.toNanos();
    lock.lock();
    try {
      roomyAt = ANY_END;
      while (!isNeeded() && left > 0 && roomyAt == ANY_END) {
        left = wake.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      LOG.debug("interrupted, which does not end reading");
    } finally {
      roomyAt = NOT_WAITING;
      lock.unlock();
    }
  }

  @Override
  public int read(List<GroupStream> some, int count, Duration wait, GroupReads.Found found) {
    if (isNeeded()) {
      return 0; // what is wrong comes first, or entries could come out of order
    }
    try {
      if (polls) {
        return poll(some, count, wait, found);
      }
      long more = BLOCK_PER_THOUSAND.multipliedBy(some.size()).toNanos() / 1_000;
      Duration most = min(block, LONGEST_BLOCK.plusNanos(more));
      return reads.read(Objects.requireNonNull(link), some, count, min(wait, most), found);
    } catch (MessagingException e) {
      return isToBeReadEach(some, e)
          ? readEach(Objects.requireNonNull(link), some, count, found)
          : 0;
    }
  }

  @Override
  public void readOn(Portion first, Rota.Following following) {
    if (isNeeded()) {
      return;
    }
    if (polls) {
      Arrived arrived = new Arrived();
      poll(first.streams(), first.count(), Duration.ZERO, arrived::add);
      following.came(first, arrived);
      return;
    }
    DedicatedLink current = Objects.requireNonNull(link);
    GroupReads.Row row = reads.row(first, new UntilNeeded(following));
    try {
      reads.read(current, row);
    } catch (MessagingException e) {
      Portion failed = row.asked();
      Arrived arrived = new Arrived();
      if (isToBeReadEach(failed.streams(), e)) {
        readEach(current, failed.streams(), failed.count(), arrived::add);
      }
      following.came(failed, arrived);
    }
  }

  /** Nothing follows once there is something to do before the next read. */
  private final class UntilNeeded implements Rota.Following {
    private final Rota.Following following;

    UntilNeeded(Rota.Following following) {
      this.following = following;
    }

    @Override
    public void came(Portion read, Arrived arrived) {
      following.came(read, arrived);
    }

    @Override
    public @Nullable Portion next(Arrived arrived) {
      return isNeeded() ? null : following.next(arrived);
    }
  }

  /**
   * Notes why a read of these failed. True if one of them is in trouble and it is not said which;
   * false if groups are missing, which are made again before the next read.
   *
   * @throws MessagingException the same, if it is about the connection or the server
   */
  private boolean isToBeReadEach(List<GroupStream> some, MessagingException error) {
    boolean known = streams.areMissing(some, error);
    if (isBroken() || !(known || ReadStreams.isItsOwn(error))) {
      throw error;
    }
    shared.standing().troubled(this, error);
    return !known;
  }

  private int readEach(
      CommandExecutor executor, List<GroupStream> some, int count, GroupReads.Found found) {
    return reads.readEach(executor, some, count, found, e -> shared.standing().troubled(this, e));
  }

  private int poll(List<GroupStream> some, int count, Duration wait, GroupReads.Found found) {
    int taken = readEach(shared.redis().commands(), some, count, found);
    if (taken > 0) {
      poll = FIRST_POLL;
    } else if (!wait.isZero()) {
      awaitEnd(min(poll, wait));
      poll = min(RAREST_POLL, poll.multipliedBy(2));
    }
    return taken;
  }

  private static Duration min(Duration one, Duration other) {
    return one.compareTo(other) <= 0 ? one : other;
  }

  private void recover(Throwable error) {
    shared.standing().troubled(this, error);
    streams.distrustAll();
    if (!(error instanceof MessagingException)) {
      LOG.error("group {}: reading failed in the worker itself", shared.settings().group(), error);
      closeLink();
    }
    pause(backoff.next().toNanos(), () -> stopping);
  }

  private void pause(long nanos, BooleanSupplier enough) {
    long left = nanos;
    lock.lock();
    try {
      while (!enough.getAsBoolean() && left > 0) {
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
