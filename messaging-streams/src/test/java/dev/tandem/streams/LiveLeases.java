package dev.tandem.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.group.Lease;
import dev.tandem.streams.internal.group.Leased;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Looks again and again, while members come and go, whether a message ever has two live leases, and
 * whether what a member takes for its own is its own on the server too.
 *
 * <p>A lease is live as long as its member may act on it: not known to be lost, and confirmed by
 * the server no longer than the lease time ago. Leases that two members hold are looked at one,
 * other, one: what is live before and after is live in between.
 */
final class LiveLeases {
  private final Duration lease;
  private final Map<String, List<Held>> held = new ConcurrentHashMap<>();
  private final Queue<String> broken = new ConcurrentLinkedQueue<>();
  private final AtomicLong looks = new AtomicLong();
  private final AtomicLong zombies = new AtomicLong();
  private final CountDownLatch over = new CountDownLatch(1);

  /** Leases of members that all have this lease time. */
  LiveLeases(Duration lease) {
    this.lease = lease;
  }

  private final class Held {
    private final Lease of;
    private final Supplier<String> consumer;

    Held(Lease of, Supplier<String> consumer) {
      this.of = of;
      this.consumer = consumer;
    }

    boolean isLive() {
      return !of.isLost()
          && !of.isStale(System.nanoTime(), lease.toNanos())
          && of.state() == Lease.State.RUNNING;
    }

    @Override
    public String toString() {
      return of + " of " + consumer.get();
    }
  }

  /** Runs a handler; what it was given counts as held meanwhile. */
  void during(Delivery<?> delivery, Supplier<String> consumer, Task handler) throws Exception {
    Held one = new Held(((Leased) delivery).lease(), consumer);
    List<Held> ofMessage =
        held.computeIfAbsent(delivery.id().value(), id -> new CopyOnWriteArrayList<>());
    zombies.addAndGet(ofMessage.size());
    ofMessage.add(one);
    compare(ofMessage);
    try {
      handler.run();
    } finally {
      ofMessage.remove(one);
    }
  }

  /** What a handler does. */
  interface Task {
    void run() throws Exception;
  }

  /** Looks on a thread of its own, until {@link #end}. */
  Future<?> watch(Fixture fixture) {
    FutureTask<?> watching =
        new FutureTask<>(
            () -> {
              while (!over.await(1, TimeUnit.MILLISECONDS)) {
                look(fixture);
              }
              return null;
            });
    Thread thread = new Thread(watching, "live-leases");
    thread.setDaemon(true);
    thread.start();
    return watching;
  }

  /** Ends the watch, which must have seen no message with two live leases. */
  void end(Future<?> watching) throws Exception {
    over.countDown();
    watching.get();
    assertThat(broken).as("live leases").isEmpty();
    assertThat(looks).as("looks at live leases").hasPositiveValue();
  }

  /** How often a handler began while that of a former delivery of its message still ran. */
  long zombies() {
    return zombies.get();
  }

  private void look(Fixture fixture) {
    held.values().forEach(LiveLeases.this::compare);
    held.values().forEach(each -> each.forEach(one -> compareWithServer(fixture, one)));
    looks.incrementAndGet();
  }

  private void compare(List<Held> ofMessage) {
    for (Held one : ofMessage) {
      for (Held other : ofMessage) {
        if (one != other && one.isLive() && other.isLive() && one.isLive()) {
          broken.add(one + " and " + other);
        }
      }
    }
  }

  private void compareWithServer(Fixture fixture, Held one) {
    if (!one.isLive()) {
      return;
    }
    String id = one.of.id().toString();
    List<?> rows =
        Replies.list(fixture.run("XPENDING", fixture.stream(), Fixture.GROUP, id, id, "1"));
    if (!rows.isEmpty() && one.isLive()) {
      List<?> row = Replies.list(rows.get(0));
      String owner = Replies.text(row.get(1));
      long deliveries = Replies.number(row.get(3));
      if (!owner.equals(one.consumer.get()) || deliveries != one.of.deliveries()) {
        broken.add(one + ", but the server says delivery " + deliveries + " of " + owner);
      }
    }
  }
}
