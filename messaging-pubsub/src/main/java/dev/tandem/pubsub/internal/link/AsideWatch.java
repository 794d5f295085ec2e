package dev.tandem.pubsub.internal.link;

import dev.tandem.pubsub.internal.BusThreads;
import dev.tandem.redis.command.SubscriberLink;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs listeners on the thread that reads a connection, and has another thread read on when one
 * does not return: after {@link #PERIOD} at the earliest, about twice that at the latest. Looks
 * only while listeners are run here.
 *
 * <p>Thread safety: {@link #run} is called by the thread that reads; the rest is the timer's.
 */
final class AsideWatch {
  /** How often it looks. */
  static final Duration PERIOD = Duration.ofMillis(10);

  /** After this long who blocks a thread is named. */
  static final Duration WARN_AFTER = Duration.ofSeconds(10);

  private static final Logger LOG = LoggerFactory.getLogger(AsideWatch.class);

  private final BusThreads threads;
  private final BooleanSupplier readOn;
  private final AtomicBoolean looking = new AtomicBoolean();

  // Written by the thread that reads.
  private volatile @Nullable Aside current;
  private final AtomicLong runs = new AtomicLong();

  // What the last look saw.
  private @Nullable Aside seen;
  private long seenRuns;

  /**
   * A watch.
   *
   * @param readOn has another thread read on; false if that failed
   */
  AsideWatch(BusThreads threads, BooleanSupplier readOn) {
    this.threads = threads;
    this.readOn = readOn;
  }

  /** A listener that is run here. */
  private static final class Aside implements Runnable {
    private final Runnable listener;
    private volatile boolean done;

    /** Whether another thread reads on; the timer's. */
    private boolean left;

    Aside(Runnable listener) {
      this.listener = listener;
    }

    @Override
    public void run() {
      try {
        listener.run();
      } catch (Throwable e) { // an error must not end what is to run again
        LOG.error("a task of the live bus failed", e);
      } finally {
        done = true;
        boolean unused = Thread.interrupted(); // meant for that listener alone
      }
    }

    private void warn() {
      if (!done) {
        LOG.warn("{} has been blocking a thread for {}", listener, WARN_AFTER);
      }
    }
  }

  /** Runs a listener in an event of this link; whether this thread still reads it then. */
  boolean run(Runnable listener, SubscriberLink link) {
    Aside aside = new Aside(listener);
    runs.incrementAndGet();
    current = aside;
    if (!looking.get()) {
      beginToLook();
    }
    boolean stillReads = link.aside(aside);
    if (stillReads) {
      current = null;
    }
    return stillReads;
  }

  private void beginToLook() {
    if (looking.compareAndSet(false, true)) {
      threads.later(PERIOD, this::look);
    }
  }

  private void look() {
    Aside now = current;
    if (now != null && now == seen && !now.left && readOn.getAsBoolean()) {
      now.left = true;
      threads.later(WARN_AFTER.minus(PERIOD), now::warn);
    }
    long nowRuns = runs.get();
    boolean goesOn = (now != null && !now.left) || nowRuns != seenRuns;
    seen = now;
    seenRuns = nowRuns;
    looking.set(false);
    if (goesOn || current != now) { // who begins meanwhile sees that nobody looks, or is seen
      beginToLook();
    }
  }
}
