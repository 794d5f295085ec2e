package dev.tandem.pubsub.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads that call listeners: as many as do useful work at a time, and more while some are
 * blocked.
 *
 * <p>A thread that has been in one task for {@link #BLOCKED_AFTER} counts as blocked; while others
 * wait, each blocked thread is replaced (and more than that while more and more are blocked), up to
 * {@link #MOST_THREADS} threads in all. When a blocked one comes back, a surplus one ends; so does
 * who has nothing to do for {@link #IDLE}. Who blocks a thread for {@link #WARN_AFTER} is named in
 * a warning, once for each time.
 *
 * <p>Thread safety: safe for use by many threads; {@link #check} is called by one at a time.
 */
final class DeliveryPool implements Executor {
  /** The most threads: {@value}. */
  static final int MOST_THREADS = 64;

  /** How often {@link #check} is to be called. */
  static final Duration CHECK_EVERY = Duration.ofMillis(250);

  /** After this long in one task a thread counts as blocked. */
  static final Duration BLOCKED_AFTER = Duration.ofSeconds(1);

  /** After this long who blocks a thread is named. */
  static final Duration WARN_AFTER = Duration.ofSeconds(10);

  /** After this long with nothing to do a thread ends. */
  static final Duration IDLE = Duration.ofSeconds(30);

  private static final Logger LOG = LoggerFactory.getLogger(DeliveryPool.class);

  private static final long BLOCKED_CHECKS = BLOCKED_AFTER.dividedBy(CHECK_EVERY);
  private static final long WARN_CHECKS = WARN_AFTER.dividedBy(CHECK_EVERY);

  private final int parallel;
  private final ThreadFactory factory;
  private final BusMetrics metrics;
  private final TaskQueue tasks = new TaskQueue();

  /** What a thread has given in since it began to give in tasks together. */
  @SuppressWarnings("ThreadLocalUsage") // a thread of one pool may give in tasks to another
  private final ThreadLocal<TaskQueue.@Nullable Bundle> gathered = new ThreadLocal<>();

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final List<Worker> workers = new ArrayList<>();

  private long calmChecks;

  // Written under the lock.
  private final AtomicInteger idle = new AtomicInteger();
  private volatile int threads;
  private volatile int blocked;

  /** How many threads that are not blocked there should be at most. */
  private volatile int wanted;

  /** Whether a thread was woken that has not looked for a task yet. */
  private volatile boolean waking;

  private volatile boolean saturated;
  private volatile boolean closed;

  /**
   * A pool without threads yet.
   *
   * @param parallel how many threads are to do useful work at a time
   */
  DeliveryPool(int parallel, ThreadFactory factory, BusMetrics metrics) {
    this.parallel = parallel;
    this.wanted = parallel;
    this.factory = factory;
    this.metrics = metrics;
  }

  @Override
  public void execute(Runnable task) {
    if (closed) {
      executeAtTheEnd(task);
      return;
    }
    TaskQueue.Bundle bundle = gathered.get();
    if (bundle == null) {
      add(task);
    } else if (bundle.add(task)) {
      gathered.set(new TaskQueue.Bundle());
      add(bundle);
    }
  }

  /**
   * Runs something on this thread that may {@linkplain #execute give in} many tasks; they are taken
   * in bundles, which is quicker than one by one. It must return at once, and give in no task that
   * it then waits for.
   */
  void together(Runnable giver) {
    if (gathered.get() != null) {
      giver.run();
      return;
    }
    gathered.set(new TaskQueue.Bundle());
    try {
      giver.run();
    } finally {
      TaskQueue.Bundle rest = gathered.get();
      gathered.remove();
      if (rest != null && !rest.isEmpty()) {
        add(rest);
      }
    }
  }

  private void add(Runnable task) {
    tasks.add(task);
    try {
      wakeIfNeeded();
    } catch (Throwable e) { // no thread could be started
      if (tasks.remove(task)) { // or else another has taken it
        throw e;
      }
    }
  }

  private void add(TaskQueue.Bundle bundle) {
    tasks.add(bundle);
    try {
      wakeIfNeeded();
    } catch (Throwable e) { // the next task that is given in tries again
      LOG.error("no delivery thread could be started; {} tasks wait", bundle.size(), e);
    }
  }

  private void wakeIfNeeded() {
    if (threads < parallel || (idle.get() > 0 && !waking)) {
      wake();
    }
  }

  /** What runs at the end may go on: its thread looks for tasks before it ends. */
  private void executeAtTheEnd(Runnable task) {
    lock.lock();
    try {
      if (workers.stream().noneMatch(Worker::isCurrentThread)) {
        throw new RejectedExecutionException("the bus is closed");
      }
      tasks.add(task);
    } finally {
      lock.unlock();
    }
  }

  private void wake() {
    lock.lock();
    try {
      if (idle.get() > 0) {
        waking = true;
        work.signal();
      } else if (threads < parallel) {
        startOne();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Starts a thread; the lock is held. */
  private void startOne() {
    Worker worker = new Worker();
    Thread thread = factory.newThread(worker);
    thread.start();
    workers.add(worker);
    threads = workers.size();
    metrics.deliveryThreads().add(1);
  }

  /** Looks at who is blocked, and makes up for it. */
  void check() {
    if (threads == 0) {
      return;
    }
    List<Worker> toName = new ArrayList<>();
    boolean newlySaturated;
    lock.lock();
    try {
      int stuck = 0;
      for (Worker worker : workers) {
        worker.look();
        if (worker.checks >= BLOCKED_CHECKS) {
          stuck++;
        }
        if (worker.checks == WARN_CHECKS) {
          toName.add(worker);
        }
      }
      boolean waiting = !tasks.isEmpty();
      want(waiting && stuck > blocked);
      metrics.deliveryThreadsBlocked().add(stuck - blocked);
      blocked = stuck;
      if (waiting && !closed) {
        work.signal();
        startMore(wanted - (threads - stuck));
      }
      boolean full = waiting && stuck >= MOST_THREADS;
      newlySaturated = full && !saturated;
      saturated = full;
    } finally {
      lock.unlock();
    }
    toName.forEach(Worker::warn);
    if (newlySaturated) {
      metrics.deliverySaturations().add(1);
      LOG.warn("all {} delivery threads are blocked by listeners; others wait", MOST_THREADS);
    }
  }

  /** Wants twice as many while more and more are blocked, and no more than needed afterwards. */
  private void want(boolean moreBlocked) {
    if (moreBlocked) {
      wanted = Math.min(2 * wanted, MOST_THREADS);
      calmChecks = 0;
    } else if (++calmChecks > 2 * BLOCKED_CHECKS) {
      wanted = parallel;
    }
  }

  private void startMore(int more) {
    for (int i = 0; i < more && threads < MOST_THREADS; i++) {
      startOne();
    }
  }

  /** Whether all threads are blocked and there is more to do. */
  boolean isSaturated() {
    return saturated;
  }

  /** Takes no more, but of its own threads; what waits is still done. */
  void close() {
    closed = true;
    lock.lock();
    try {
      work.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private final class Worker implements Runnable {
    private volatile @Nullable Thread thread;
    private volatile @Nullable Runnable current;
    private boolean bundlesFirst;
    private final AtomicLong begun = new AtomicLong();

    // What the last checks saw; guarded by the pool's lock.
    private long seen;
    private long checks;

    private boolean isCurrentThread() {
      return thread == Thread.currentThread();
    }

    @Override
    public void run() {
      thread = Thread.currentThread();
      for (Runnable task = next(); task != null; task = next()) {
        begun.setRelease(begun.getPlain() + 1);
        current = task;
        try {
          task.run();
        } catch (Throwable e) { // an error must not end what is to run again
          LOG.error("a task of the live bus failed", e);
        }
        current = null;
        boolean unused = Thread.interrupted(); // meant for that task alone
      }
    }

    private @Nullable Runnable next() {
      if (threads - blocked > wanted && endsAsSurplus()) {
        return null;
      }
      bundlesFirst = !bundlesFirst;
      Runnable task = tasks.poll(bundlesFirst);
      return task != null ? task : await();
    }

    private boolean endsAsSurplus() {
      lock.lock();
      try {
        checks = 0;
        long useful = workers.stream().filter(worker -> worker.checks < BLOCKED_CHECKS).count();
        if (useful > wanted) {
          end();
          return true;
        }
        return false;
      } finally {
        lock.unlock();
      }
    }

    private @Nullable Runnable await() {
      lock.lock();
      try {
        idle.incrementAndGet();
        try {
          long left = IDLE.toNanos();
          while (true) {
            waking = false;
            Runnable task = tasks.poll(bundlesFirst);
            if (task != null) {
              if (!tasks.isEmpty()) {
                work.signal();
              }
              return task;
            }
            if (closed || left <= 0) {
              end();
              return null;
            }
            left = work.awaitNanos(left);
          }
        } catch (InterruptedException e) {
          end();
          return null;
        } finally {
          idle.decrementAndGet();
        }
      } finally {
        lock.unlock();
      }
    }

    private void end() {
      workers.remove(this);
      threads = workers.size();
      metrics.deliveryThreads().add(-1);
    }

    private void look() {
      long now = begun.get();
      checks = now == seen && current != null ? checks + 1 : 0;
      seen = now;
    }

    private void warn() {
      Runnable task = current;
      if (task != null) {
        LOG.warn("{} has been blocking a delivery thread for {}", task, WARN_AFTER);
      }
    }
  }
}
