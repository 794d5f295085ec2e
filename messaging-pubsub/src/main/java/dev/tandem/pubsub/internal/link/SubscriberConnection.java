package dev.tandem.pubsub.internal.link;

import dev.tandem.api.RetryPolicy;
import dev.tandem.pubsub.internal.BusMetrics;
import dev.tandem.pubsub.internal.BusThreads;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.RedisKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a subscriber connection for ever, from the first channel wanted until closed: when it ends,
 * another is made, at once if it had served for {@link #SOUND_AFTER} and else with growing,
 * jittered delays of up to 5 s, and all channels are subscribed to again. Our own probe channel is
 * always among them.
 *
 * <p>Thread safety: safe for use by many threads; no method blocks on Redis.
 */
public final class SubscriberConnection {
  /** How long a permission that was granted may go unnoticed: 30 s. */
  public static final Duration LONGEST_UNTIL_ASKED = Duration.ofSeconds(30);

  /** How long a connection must have served for the next one to be made at once: 1 s. */
  public static final Duration SOUND_AFTER = Duration.ofSeconds(1);

  private static final RetryPolicy ASK_FORBIDDEN =
      RetryPolicy.exponential(Duration.ofMillis(250), LONGEST_UNTIL_ASKED);

  private final RedisKey probeChannel;
  private final BusThreads threads;
  private final RandomGenerator random;
  private final LinkEvents events;

  private final ReentrantLock lock = new ReentrantLock();
  private final Set<RedisKey> wanted = new HashSet<>();
  private List<RedisKey> changed = new ArrayList<>();
  private boolean reconcilesAll;
  private boolean reconcileScheduled;
  private boolean askScheduled;
  private int refusals;
  private boolean closed;
  private final LinkKeeper keeper;

  /** A connection that is made when the first channel is wanted. */
  public SubscriberConnection(
      RedisConnection redis,
      RedisKey probeChannel,
      BusThreads threads,
      BusMetrics metrics,
      LongSupplier nanoTime,
      RandomGenerator random,
      LinkEvents events) {
    this.probeChannel = probeChannel;
    this.threads = threads;
    this.random = random;
    this.events = events;
    Owner owner = new Owner();
    this.keeper =
        new LinkKeeper(
            () -> new LinkSession(redis.openSubscriber(), events, owner, threads, nanoTime),
            SOUND_AFTER,
            threads,
            metrics,
            random,
            owner);
    wanted.add(probeChannel);
  }

  /** Wants a channel; {@link LinkEvents#onConfirmed} follows, also if it was wanted before. */
  public void want(RedisKey channel) {
    lock.lock();
    try {
      wanted.add(channel);
      changed.add(channel);
      if (!closed) {
        keeper.start(); // may fail, and is to be tried again then
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
    LinkSession current = keeper.session();
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
    return keeper.isStarted();
  }

  /** Whether a connection stands that the server has answered on. */
  public boolean isConfirmed() {
    LinkSession current = keeper.session();
    return current != null && current.isConfirmed();
  }

  /** The present connection, or null. */
  @Nullable LinkSession session() {
    return keeper.session();
  }

  /** For how long the present connection has brought nothing; null if there is none. */
  public @Nullable Duration silence() {
    LinkSession current = keeper.session();
    return current == null ? null : current.silence();
  }

  /** How many of the channels the user may not read, as far as is known. */
  public int forbidden() {
    LinkSession current = keeper.session();
    return current == null ? 0 : current.forbidden();
  }

  /** Some of the channels that the user may not read, in no order. */
  public List<RedisKey> someForbidden(int most) {
    LinkSession current = keeper.session();
    return current == null ? List.of() : current.someForbidden(most);
  }

  private final class Owner implements LinkSession.Owner, LinkKeeper.Events {
    @Override
    public boolean run(LinkSession session) {
      return session.run(probeChannel);
    }

    @Override
    public void onLost() {
      events.onLost();
    }

    @Override
    public boolean maySpareThread() {
      return keeper.maySpareThread();
    }

    @Override
    public boolean onStuck(LinkSession session) {
      return keeper.replaceThread(session);
    }

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
    LinkSession current = keeper.session();
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

  /** Gives the connection up for good. */
  public void close() {
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
    keeper.close();
  }
}
