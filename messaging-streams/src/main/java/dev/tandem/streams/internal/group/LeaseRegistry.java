package dev.tandem.streams.internal.group;

import dev.tandem.streams.internal.group.Lease.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Every delivery that this worker holds: buffered, running, or finished and not settled yet. Safe
 * for use by many threads.
 */
public final class LeaseRegistry {
  private final Map<Lease.Key, Lease> held = new ConcurrentHashMap<>();
  private final AtomicInteger open = new AtomicInteger();
  private final Runnable roomMade;

  /** A registry that calls {@code roomMade} whenever a permit may have become free. */
  public LeaseRegistry(Runnable roomMade) {
    this.roomMade = roomMade;
  }

  /** Adds a delivery, unless this very delivery is held already. */
  public boolean add(Lease lease) {
    if (held.putIfAbsent(lease.key(), lease) != null) {
      return false;
    }
    open.incrementAndGet();
    lease.stream().load().add(1);
    return true;
  }

  /** A handler begins; false if the delivery is not waiting any more. */
  public boolean start(Lease lease) {
    return lease.move(State.BUFFERED, State.RUNNING);
  }

  /** A handler has ended; the delivery stays held until it is settled. */
  public void finish(Lease lease, boolean succeeded) {
    if (lease.move(State.RUNNING, succeeded ? State.SUCCEEDED : State.FAILED)) {
      lease.forgetEntry();
      open.decrementAndGet();
      lease.stream().load().add(-1);
      roomMade.run();
    }
  }

  /** Gives up a delivery that was not started; false if it was. */
  public boolean drop(Lease lease) {
    if (!lease.move(State.BUFFERED, State.DROPPED)) {
      return false;
    }
    open.decrementAndGet();
    lease.stream().load().add(-1);
    held.remove(lease.key());
    roomMade.run();
    return true;
  }

  /** Finished deliveries are acknowledged, put aside or buried. */
  public void settled(Collection<Lease> leases) {
    leases.forEach(lease -> held.remove(lease.key()));
    roomMade.run();
  }

  /** Forgets deliveries that another consumer has by now, whether they are still being handled. */
  public void forgetLost() {
    held.values().removeIf(lease -> lease.isLost() && lease.state() != State.BUFFERED);
  }

  public boolean holds(Lease.Key key) {
    return held.containsKey(key);
  }

  public @Nullable Lease find(Lease.Key key) {
    return held.get(key);
  }

  /** Deliveries that take up a permit: buffered and running. */
  public int open() {
    return open.get();
  }

  /** All deliveries held. */
  public int size() {
    return held.size();
  }

  /** How many of them may have run out without our knowing: they could not be renewed in time. */
  public long stale(Duration lease) {
    long now = System.nanoTime();
    long nanos = lease.toNanos();
    return held.values().stream().filter(one -> one.isStale(now, nanos)).count();
  }

  /** What is held of each stream. */
  public Map<GroupStream, List<Lease>> byStream() {
    Map<GroupStream, List<Lease>> byStream = new LinkedHashMap<>();
    for (Lease lease : held.values()) {
      byStream.computeIfAbsent(lease.stream(), stream -> new ArrayList<>()).add(lease);
    }
    return byStream;
  }

  /** What is held of one stream. */
  public List<Lease> of(GroupStream stream) {
    return held.values().stream().filter(lease -> lease.stream() == stream).toList();
  }
}
