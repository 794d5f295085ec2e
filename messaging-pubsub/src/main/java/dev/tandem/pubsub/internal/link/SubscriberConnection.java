package dev.tandem.pubsub.internal.link;

import dev.tandem.api.RetryPolicy;
import dev.tandem.pubsub.internal.BusMetrics;
import dev.tandem.pubsub.internal.BusThreads;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.SubscriberLink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a subscriber connection for ever, from the first channel wanted until closed: when it ends,
 * another is made, at once the first time and then with growing, jittered delays of up to 5 s, and
 * all channels are subscribed to again. Our own probe channel is always among them.
 *
 * <p>Thread safety: safe for use by many threads; no method blocks on Redis.
 */
public final class SubscriberConnection {
  private static final Logger LOG = LoggerFactory.getLogger(SubscriberConnection.class);

  /** How long a permission that was granted may go unnoticed: 30 s. */
  public static final Duration LONGEST_UNTIL_ASKED = Duration.ofSeconds(30);

  private static final RetryPolicy BACKOFF =
      RetryPolicy.exponential(Duration.ofMillis(20), Duration.ofSeconds(5));
  private static final RetryPolicy ASK_FORBIDDEN =
      RetryPolicy.exponential(Duration.ofMillis(250), LONGEST_UNTIL_ASKED);
  private static final Duration LONGEST_JOIN = Duration.ofSeconds(5);

  private final RedisConnection redis;
  private final RedisKey probeChannel;
  private final BusThreads threads;
  private final BusMetrics metrics;
  private final LongSupplier nanoTime;
  private final RandomGenerator random;
  private final LinkEvents events;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition woken = lock.newCondition();
  private final Set<RedisKey> wanted = new HashSet<>();
  private List<RedisKey> changed = new ArrayList<>();
  private boolean reconcilesAll;
  private boolean reconcileScheduled;
  private boolean askScheduled;
  private int refusals;
  private @Nullable Thread thread;
  private boolean closed;
  private volatile @Nullable LinkSession session;

  /** A connection that is made when the first channel is wanted. */
  public SubscriberConnection(
      RedisConnection redis,
      RedisKey probeChannel,
      BusThreads threads,
      BusMetrics metrics,
      LongSupplier nanoTime,
      RandomGenerator random,
      LinkEvents events) {
    this.redis = redis;
    this.probeChannel = probeChannel;
    this.threads = threads;
    this.metrics = metrics;
    this.nanoTime = nanoTime;
    this.random = random;
    this.events = events;
    wanted.add(probeChannel);
  }

  /** Wants a channel; {@link LinkEvents#onConfirmed} follows, also if it was wanted before. */
  public void want(RedisKey channel) {
    lock.lock();
    try {
      wanted.add(channel);
      changed.add(channel);
      if (thread == null && !closed) {
        Thread starting = threads.factory("link").newThread(this::keep);
        starting.start(); // may fail, and is to be tried again then
        thread = starting;
      }
      scheduleReconcile();
    } finally {
      lock.unlock();
    }
  }

  /** Does not want a channel any more. */
  public void unwant(RedisKey channel) {
    lock.lock();
    try {
      wanted.remove(channel);
      changed.add(channel);
      scheduleReconcile();
    } finally {
      lock.unlock();
    }
  }

  private void scheduleReconcile() {
    if (!reconcileScheduled && !closed) {
      reconcileScheduled = true;
      threads.control(this::reconcile);
    }
  }

  private void reconcile() {
    Set<RedisKey> all = null;
    List<RedisKey> more = new ArrayList<>();
    List<RedisKey> less = new ArrayList<>();
    lock.lock();
    try {
      reconcileScheduled = false;
      if (reconcilesAll) {
        reconcilesAll = false;
        all = new HashSet<>(wanted);
      }
      changed.forEach(name -> (wanted.contains(name) ? more : less).add(name));
      changed = new ArrayList<>();
    } finally {
      lock.unlock();
    }
    LinkSession current = session;
    if (current == null) {
      return;
    }
    if (all != null) {
      current.reconcile(all);
    }
    current.change(more, less);
  }

  /** Whether it was ever needed. */
  public boolean isStarted() {
    lock.lock();
    try {
      return thread != null;
    } finally {
      lock.unlock();
    }
  }

  /** Whether a connection stands that the server has answered on. */
  public boolean isConfirmed() {
    LinkSession current = session;
    return current != null && current.isConfirmed();
  }

  /** The present connection, or null. */
  @Nullable LinkSession session() {
    return session;
  }

  /** For how long the present connection has brought nothing; null if there is none. */
  public @Nullable Duration silence() {
    LinkSession current = session;
    return current == null ? null : current.silence();
  }

  /** How many of the channels the user may not read, as far as is known. */
  public int forbidden() {
    LinkSession current = session;
    return current == null ? 0 : current.forbidden();
  }

  private void keep() {
    int failures = 0;
    while (!isClosed()) {
      boolean served = live(failures);
      if (isClosed()) {
        return;
      }
      failures = served ? 1 : failures + 1;
      pause(BACKOFF.delayAfter(failures, random));
      metrics.reconnects().add(1);
    }
  }

  /** Holds one connection until it ends; true if it ever served. */
  private boolean live(int failures) {
    LinkSession current = null;
    try (SubscriberLink link = redis.openSubscriber()) {
      current = new LinkSession(link, events, new Owner(), nanoTime);
      if (begin(current)) {
        current.run(probeChannel);
      }
    } catch (Throwable e) { // also errors: a thread that ends would leave all channels silent
      if (!isClosed()) {
        boolean served = current != null && current.isConfirmed();
        if (served || failures == 0) {
          LOG.warn("subscriber connection is lost, reconnecting until it works: {}", e.toString());
        } else {
          LOG.debug("subscriber connection failed {} times: {}", failures + 1, e.toString());
        }
      }
    } finally {
      session = null;
      events.onLost();
    }
    return current != null && current.isConfirmed();
  }

  private boolean begin(LinkSession current) {
    lock.lock();
    try {
      if (closed) {
        return false;
      }
      session = current;
      return true;
    } finally {
      lock.unlock();
    }
  }

  private final class Owner implements LinkSession.Owner {
    @Override
    public void onFirstConfirmation() {
      events.onConnected();
      lock.lock();
      try {
        reconcilesAll = true;
        scheduleReconcile();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void onRefused() {
      lock.lock();
      try {
        scheduleReconcile();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void onForbidden() {
      lock.lock();
      try {
        scheduleAsking();
      } finally {
        lock.unlock();
      }
    }
  }

  private void scheduleAsking() {
    if (!askScheduled && !closed) {
      askScheduled = true;
      refusals++;
      threads.later(
          ASK_FORBIDDEN.delayAfter(refusals, random), () -> threads.control(this::askForbidden));
    }
  }

  private void askForbidden() {
    LinkSession current = session;
    boolean any = current != null && current.forbidden() > 0;
    lock.lock();
    try {
      askScheduled = false;
      if (!any) {
        refusals = 0;
        return;
      }
      scheduleAsking();
    } finally {
      lock.unlock();
    }
    if (current != null) {
      current.askForbidden();
    }
  }

  private void pause(Duration delay) {
    long left = delay.toNanos();
    lock.lock();
    try {
      while (left > 0 && !closed) {
        left = woken.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      LOG.debug("woken early");
    } finally {
      lock.unlock();
    }
  }

  private boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  /** Gives the connection up for good. */
  public void close() {
    Thread running;
    lock.lock();
    try {
      closed = true;
      woken.signalAll();
      running = thread;
    } finally {
      lock.unlock();
    }
    LinkSession current = session;
    if (current != null) {
      current.interrupt();
    }
    if (running != null && running != Thread.currentThread()) {
      try {
        TimeUnit.NANOSECONDS.timedJoin(running, LONGEST_JOIN.toNanos());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
