package dev.tandem.streams.internal.eventstore;

import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.internal.DaemonThreads;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.lifecycle.Lifecycle;
import dev.tandem.api.lifecycle.LifecycleListener;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.streams.eventstore.ProjectionFailure;
import dev.tandem.streams.eventstore.ProjectionStats;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.entry.RawEntry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A projection in this process: stands by until it holds the projection, then works, until it stops
 * or loses it. Safe for use by many threads.
 *
 * @param <T> the events' payload type
 */
public final class ProjectionCore<T> implements Standing {
  private static final Logger LOG = LoggerFactory.getLogger(ProjectionCore.class);
  private static final Duration LONGEST_STANDBY = Duration.ofSeconds(1);
  private static final Duration SHORTEST_STANDBY = Duration.ofMillis(10);
  private static final Duration AFTER_INTERRUPT = Duration.ofSeconds(1);
  private static final Duration QUIET = Duration.ofSeconds(30);
  private static final RetryPolicy TROUBLE =
      RetryPolicy.exponential(Duration.ofMillis(50), Duration.ofSeconds(5));

  private final ProjectionSettings<T> settings;
  private final Lifecycle lifecycle;
  private final ProjectionState state;
  private final ProjectionCounters counters;
  private final EventProcessor<T> processor;
  private final CategoryFeed feed;
  private final LeaseKeeper keeper;
  private final Patience patience = new Patience();
  private final Thread worker;
  private final Thread renewer;
  private volatile boolean stopped;
  private volatile boolean abandoned;
  private volatile boolean resumed;
  private volatile @Nullable Tenure tenure;
  private volatile @Nullable ProjectionFailure failure;
  private volatile @Nullable Instant lastProof;
  private volatile String lastTrouble = "";

  /** Prepares everything and starts nothing. */
  public ProjectionCore(ProjectionSettings<T> settings) {
    this.settings = settings;
    this.lifecycle = new Lifecycle(settings.describe(), LOG::warn);
    this.state = new ProjectionState(settings.place().redis(), settings.keys());
    this.counters =
        new ProjectionCounters(
            settings.place().redis().metrics(),
            settings.place().topic().name(),
            settings.keys().name());
    this.processor = new EventProcessor<>(settings, state, counters, this);
    this.feed = new CategoryFeed(settings.place().redis(), settings.keys().category());
    this.keeper = new LeaseKeeper(settings, state, counters, () -> tenure, this::proven);
    String name = "tandem-projection-" + settings.keys().name();
    this.worker = DaemonThreads.named(name).newThread(this::run);
    this.renewer = DaemonThreads.named(name + "-lease").newThread(keeper);
  }

  /** Starts work; once. */
  public void start() {
    lifecycle.moveTo(LifecycleState.STARTING);
    worker.start();
    renewer.start();
  }

  private void run() {
    int troubles = 0;
    while (!stopped) {
      try {
        Tenure taken = acquire();
        if (taken != null) {
          serve(taken);
        }
        troubles = 0;
      } catch (LeaseLost e) {
        tenure = null;
        counters.lost.increment();
        counters.lag(0);
        LOG.info("{}: it has passed on, or is rebuilt", settings.describe());
      } catch (InterruptedException e) {
        Thread.interrupted(); // by close, and then it is to stop; or by a handler
      } catch (RuntimeException | Error e) {
        if (!stopped) {
          troubled(e);
          pauseQuietly(TROUBLE.delayAfter(++troubles, settings.random()));
        }
      }
    }
    end();
  }

  /** Takes the projection over, or waits a little if another process holds it. */
  private @Nullable Tenure acquire() throws InterruptedException {
    long asked = System.nanoTime();
    ProjectionState.Acquired acquired = state.acquire(settings.holder(), settings.lease());
    proven();
    recovered();
    if (acquired.token() == 0) {
      counters.lag(0);
      tenure = null;
      Duration rest = acquired.rest();
      Duration wait = rest.compareTo(LONGEST_STANDBY) < 0 ? rest : LONGEST_STANDBY;
      pause(wait.compareTo(SHORTEST_STANDBY) > 0 ? wait : SHORTEST_STANDBY);
      return null;
    }
    Tenure taken =
        new Tenure(
            settings.holder(),
            acquired.token(),
            acquired.position(),
            settings.lease().toNanos(),
            asked);
    tenure = taken;
    counters.acquired.increment();
    return taken;
  }

  private void serve(Tenure held) throws LeaseLost, InterruptedException {
    EntryId position = held.start();
    RawEntry at = null;
    try {
      if (position.equals(EntryId.NONE)) {
        processor.begin(held);
      }
      while (!stopped) {
        for (RawEntry entry : read(held, position)) {
          if (stopped) {
            return;
          }
          at = entry;
          processor.process(held, position, entry);
          position = entry.id();
        }
      }
    } catch (EventProcessor.Stuck stuck) {
      stall(at, stuck);
    }
  }

  /** The next events, or none for now; makes sure that what waits for them is not in vain. */
  private List<RawEntry> read(Tenure held, EntryId position)
      throws LeaseLost, InterruptedException {
    for (int troubles = 1; !stopped; troubles++) {
      if (held.isLost()) {
        throw new LeaseLost();
      }
      try {
        List<RawEntry> entries = feed.next(position);
        if (entries.isEmpty() && !stopped) {
          confirm(held);
        }
        proven();
        recovered();
        return entries;
      } catch (MessagingException e) {
        if (!stopped) {
          troubled(e);
          pause(TROUBLE.delayAfter(troubles, settings.random()));
        }
      }
    }
    return List.of();
  }

  private void confirm(Tenure held) throws LeaseLost {
    long asked = System.nanoTime();
    long behind =
        state.renew(settings.place().redis().commands(), settings.holder(), settings.lease());
    if (behind < 0) {
      held.lose();
      throw new LeaseLost();
    }
    held.renewed(asked);
    counters.lag(behind);
  }

  private void stall(@Nullable RawEntry entry, EventProcessor.Stuck stuck)
      throws InterruptedException {
    EntryId position = entry == null ? EntryId.NONE : entry.id();
    EventFormat.Origin origin =
        entry == null ? new EventFormat.Origin("", 0) : EventFormat.origin(entry);
    String error = stuck.describe();
    LOG.error("{}: stopped at {}: {}", settings.describe(), position, error, stuck.getCause());
    letGo(() -> state.stall(settings.holder(), position, origin, error));
    resumed = false;
    failure =
        new ProjectionFailure(
            ProjectionState.position(position.toString()),
            origin.aggregateId(),
            origin.version(),
            error,
            settings.clock().instant());
    lifecycle.tryMoveTo(LifecycleState.PAUSED);
    while (!resumed && !stopped) {
      patience.await(QUIET, () -> resumed || stopped);
    }
    failure = null;
    lifecycle.tryMoveTo(LifecycleState.RUNNING);
  }

  /** Has a standing-by process take over at once; if that fails, it does after the lease time. */
  private void letGo(Runnable write) {
    Tenure held = tenure;
    tenure = null;
    counters.lag(0);
    if (held == null) {
      return;
    }
    try {
      write.run();
    } catch (MessagingException e) {
      LOG.warn("{}: {}", settings.describe(), e.toString());
      try {
        state.release(settings.holder());
      } catch (MessagingException again) {
        e.addSuppressed(again);
      }
    }
  }

  private void end() {
    if (abandoned) {
      tenure = null;
    } else {
      letGo(() -> state.release(settings.holder()));
    }
    feed.close();
    keeper.stop();
    lifecycle.tryMoveTo(LifecycleState.STOPPED);
  }

  /** Goes on after a failure; whether there was one. */
  public boolean resume() {
    boolean waits = failure != null;
    resumed = true;
    patience.wake();
    return waits;
  }

  /** Stops in an orderly way, within the drain time. */
  public void close() {
    if (lifecycle.state() == LifecycleState.CREATED
        && lifecycle.tryMoveTo(LifecycleState.STOPPED)) {
      return;
    }
    lifecycle.tryMoveTo(LifecycleState.DRAINING);
    stop();
    if (Thread.currentThread() == worker) {
      return; // it ends when the handler has returned
    }
    try {
      join(settings.drainTimeout());
      if (worker.isAlive()) {
        LOG.warn("{}: drain time is over, its handler is interrupted", settings.describe());
        abandoned = true;
        worker.interrupt();
        join(AFTER_INTERRUPT);
      }
    } catch (InterruptedException e) {
      abandoned = true;
      worker.interrupt();
      Thread.currentThread().interrupt();
    }
    keeper.stop();
    lifecycle.tryMoveTo(LifecycleState.STOPPED);
  }

  private void join(Duration timeout) throws InterruptedException {
    TimeUnit.NANOSECONDS.timedJoin(worker, timeout.toNanos());
  }

  /** Stops without waiting for anything; the lease runs out. */
  public void closeNow() {
    abandoned = true;
    lifecycle.tryMoveTo(LifecycleState.DRAINING);
    stop();
    keeper.stop();
    worker.interrupt();
    lifecycle.tryMoveTo(LifecycleState.STOPPED);
  }

  private void stop() {
    stopped = true;
    patience.wake();
    feed.interrupt();
  }

  /** Whether this process holds the projection, as far as it knows. */
  public boolean isActive() {
    Tenure held = tenure;
    return held != null && !held.isLost();
  }

  /** What it has stopped at. */
  public Optional<ProjectionFailure> failure() {
    return Optional.ofNullable(failure);
  }

  /** The present state. */
  public LifecycleState state() {
    return lifecycle.state();
  }

  /** Waits for a state, or a final one. */
  public boolean awaitState(LifecycleState wanted, Duration timeout) throws InterruptedException {
    return lifecycle.await(wanted, timeout);
  }

  /** Tells of changes of the state. */
  public void addListener(LifecycleListener listener) {
    lifecycle.addListener(listener);
  }

  /** What it has done. */
  public ProjectionStats stats() {
    return counters.stats();
  }

  /** How it is doing. */
  public Health health() {
    Instant proof = lastProof;
    LifecycleState now = lifecycle.state();
    ProjectionFailure stuck = failure;
    if (stuck != null) {
      return new Health(
          Health.Status.DOWN,
          settings.describe() + " has stopped at " + stuck.position() + ": " + stuck.error(),
          proof);
    }
    return switch (now) {
      case RUNNING -> {
        Duration quiet = settings.lease().compareTo(QUIET) > 0 ? settings.lease() : QUIET;
        boolean heard = proof != null && proof.plus(quiet).isAfter(settings.clock().instant());
        yield heard
            ? new Health(
                Health.Status.UP,
                settings.describe() + (isActive() ? " is at work" : " stands by"),
                proof)
            : new Health(
                Health.Status.DEGRADED, settings.describe() + " has heard nothing of Redis", proof);
      }
      case STARTING, RECOVERING, PAUSED, DRAINING ->
          new Health(Health.Status.DEGRADED, settings.describe() + " is " + now + trouble(), proof);
      case CREATED, STOPPED, FAILED ->
          new Health(Health.Status.DOWN, settings.describe() + " is " + now + trouble(), proof);
    };
  }

  private String trouble() {
    return lastTrouble.isEmpty() ? "" : "; last trouble: " + lastTrouble;
  }

  @Override
  public void proven() {
    lastProof = settings.clock().instant();
  }

  @Override
  public void troubled(Throwable error) {
    lastTrouble = String.valueOf(error.getMessage());
    if (lifecycle.state() != LifecycleState.RECOVERING
        && lifecycle.tryMoveTo(LifecycleState.RECOVERING)) {
      LOG.warn("{}: recovering: {}", settings.describe(), lastTrouble);
    }
  }

  @Override
  public void recovered() {
    if (lifecycle.state() != LifecycleState.RUNNING) {
      lifecycle.tryMoveTo(LifecycleState.RUNNING);
    }
  }

  @Override
  public boolean isStopped() {
    return stopped;
  }

  @Override
  public void pause(Duration time) throws InterruptedException {
    patience.await(time, () -> stopped);
  }

  private void pauseQuietly(Duration time) {
    try {
      pause(time);
    } catch (InterruptedException e) {
      Thread.interrupted(); // it is to stop, or nothing
    }
  }
}
