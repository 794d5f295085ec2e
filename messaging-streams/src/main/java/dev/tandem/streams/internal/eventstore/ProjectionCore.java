package dev.tandem.streams.internal.eventstore;

import dev.tandem.api.internal.DaemonThreads;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.lifecycle.LifecycleListener;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.streams.eventstore.ProjectionFailure;
import dev.tandem.streams.eventstore.ProjectionStats;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A projection in this process: its parts, and how it begins and ends. Safe for use by many
 * threads.
 *
 * @param <T> the events' payload type
 */
public final class ProjectionCore<T> {
  private static final Logger LOG = LoggerFactory.getLogger(ProjectionCore.class);
  private static final Duration AFTER_INTERRUPT = Duration.ofSeconds(1);

  private final ProjectionSettings<T> settings;
  private final ProjectionVitals vitals;
  private final ProjectionCounters counters;
  private final ProjectionLoop<T> loop;
  private final LeaseKeeper keeper;
  private final Thread worker;
  private final Thread renewer;

  /** Prepares everything and starts nothing. */
  public ProjectionCore(ProjectionSettings<T> settings) {
    this.settings = settings;
    this.vitals = new ProjectionVitals(settings);
    this.counters =
        new ProjectionCounters(
            settings.place().redis().metrics(),
            settings.place().topic().name(),
            settings.keys().name());
    ProjectionState state = new ProjectionState(settings.place().redis(), settings.keys());
    this.loop = new ProjectionLoop<>(settings, vitals, state, counters);
    this.keeper = new LeaseKeeper(settings, state, counters, loop::tenure, vitals::proven);
    String name = "tandem-projection-" + settings.keys().name();
    this.worker = DaemonThreads.named(name).newThread(this::run);
    this.renewer = DaemonThreads.named(name + "-lease").newThread(keeper);
    vitals.lifecycle().addListener((from, to) -> stopIfDraining(to));
  }

  /** Before anybody else is told: who waits for that must not get another event. */
  private void stopIfDraining(LifecycleState state) {
    if (state == LifecycleState.DRAINING) {
      loop.stop();
    }
  }

  /** Starts work; once. */
  public void start() {
    vitals.lifecycle().moveTo(LifecycleState.STARTING);
    worker.start();
    renewer.start();
  }

  private void run() {
    loop.run();
    keeper.stop();
    vitals.moveTo(LifecycleState.STOPPED);
  }

  /** Goes on after a failure; whether there was one. */
  public boolean resume() {
    return loop.resume();
  }

  /** Stops in an orderly way, within the drain time. */
  public void close() {
    if (vitals.lifecycle().state() == LifecycleState.CREATED
        && vitals.lifecycle().tryMoveTo(LifecycleState.STOPPED)) {
      return;
    }
    vitals.moveTo(LifecycleState.DRAINING);
    loop.stop(); // if another thread tells of changes, it may not have come to this one
    if (Thread.currentThread() == worker) {
      return; // it ends when the handler has returned
    }
    try {
      join(settings.drainTimeout());
      if (worker.isAlive()) {
        LOG.warn("{}: drain time is over, its handler is interrupted", settings.describe());
        loop.abandon();
        worker.interrupt();
        join(AFTER_INTERRUPT);
      }
    } catch (InterruptedException e) {
      loop.abandon();
      worker.interrupt();
      Thread.currentThread().interrupt();
    }
    keeper.stop();
    vitals.moveTo(LifecycleState.STOPPED);
  }

  private void join(Duration timeout) throws InterruptedException {
    TimeUnit.NANOSECONDS.timedJoin(worker, timeout.toNanos());
  }

  /** Stops without waiting for anything; the lease runs out. */
  public void closeNow() {
    loop.abandon();
    vitals.moveTo(LifecycleState.DRAINING);
    loop.stop();
    keeper.stop();
    worker.interrupt();
    vitals.moveTo(LifecycleState.STOPPED);
  }

  /** Whether this process holds the projection, as far as it knows. */
  public boolean isActive() {
    Tenure held = loop.tenure();
    return held != null && !held.isLost();
  }

  /** What it has stopped at. */
  public Optional<ProjectionFailure> failure() {
    return Optional.ofNullable(loop.failure());
  }

  /** The present state. */
  public LifecycleState state() {
    return vitals.lifecycle().state();
  }

  /** Waits for a state, or a final one. */
  public boolean awaitState(LifecycleState wanted, Duration timeout) throws InterruptedException {
    return vitals.lifecycle().await(wanted, timeout);
  }

  /** Tells of changes of the state. */
  public void addListener(LifecycleListener listener) {
    vitals.lifecycle().addListener(listener);
  }

  /** What it has done. */
  public ProjectionStats stats() {
    return counters.stats();
  }

  /** How it is doing. */
  public Health health() {
    return vitals.health(loop.failure(), isActive());
  }
}
