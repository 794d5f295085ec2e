package dev.tandem.streams.internal.work;

import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.lifecycle.LifecycleListener;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.streams.WorkerStats;
import java.time.Duration;

/** The running parts of a worker. */
public final class WorkerCore<T> {
  private final WorkerSettings<T> settings;

  /** Prepares, starts nothing. */
  public WorkerCore(WorkerSettings<T> settings) {
    this.settings = settings;
  }

  public void start() {}

  public LifecycleState state() {
    return LifecycleState.CREATED;
  }

  public boolean awaitState(LifecycleState wanted, Duration timeout) throws InterruptedException {
    return false;
  }

  public void addListener(LifecycleListener listener) {}

  public String consumer() {
    return settings.consumer();
  }

  public Health health() {
    return new Health(Health.Status.DOWN, "not there yet", null);
  }

  public WorkerStats stats() {
    return new WorkerStats(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  }

  public void close() {}

  public void closeNow() {}
}
