package dev.tandem.streams.eventstore;

import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.lifecycle.LifecycleListener;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.internal.eventstore.ProjectionCore;
import java.time.Duration;
import java.util.Optional;

/**
 * Follows the events of a category, from its first, to keep a view of them.
 *
 * <p><b>Guarantee.</b> Every event is handled, in the order of the category, one at a time. Where
 * the projection stands is kept in Redis and moves on when an event is done, so nothing is passed
 * over by a crash. With a {@link ViewHandler} the view changes in the same step: each event counts
 * exactly once in it. With a {@link ProjectionHandler} each event is handled at least once, again
 * after a failure, a crash, a takeover or a lost connection.
 *
 * <p><b>One at a time.</b> Of all objects of the same tenant, category and name, in whatever
 * processes, one is active; the others stand by. It holds a lease that it renews each third of the
 * lease time; when it dies another takes over after the lease time, when it is closed within a
 * second. A process that was away for longer and comes back late can neither move the position nor
 * change the view in Redis. Its handler, though, may still be running beside the new one: {@link
 * ProjectionContext#isLost()} and {@link ProjectionContext#token()} are there for that.
 *
 * <p><b>Failures.</b> An event whose handler throws is tried again as the retry policy says; then
 * the projection stops there ({@link LifecycleState#PAUSED}, {@link #failure()} and {@link
 * Projections#status} say why) unless {@link FailureAction#SKIP} was chosen. It lets go of the
 * projection, so that a process standing by tries the event next and stops there too if it must;
 * {@link #resume()} or a restart tries again. Events that cannot be read are failures too.
 *
 * <p><b>Trouble.</b> While the server is away or refuses writes, the projection is {@link
 * LifecycleState#RECOVERING} and tries again for ever.
 *
 * <p><b>Threads.</b> Two daemon threads, {@code tandem-projection-<name>}, which calls the handler,
 * and {@code …-lease}; a connection of its own for each.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class Projection implements AutoCloseable {
  private final ProjectionCore<?> core;

  Projection(ProjectionCore<?> core) {
    this.core = core;
  }

  /** A projection of this category, with everything that can be set. */
  public static <T> ProjectionBuilder<T> builder(RedisConnection redis, EventCategory<T> category) {
    return new ProjectionBuilder<>(redis, category);
  }

  /**
   * Starts; returns at once.
   *
   * @throws IllegalStateException if it was started or closed before
   */
  public void start() {
    core.start();
  }

  /** The present state; {@link LifecycleState#RUNNING} also while it stands by. */
  public LifecycleState state() {
    return core.state();
  }

  /**
   * Waits for a state, or a final one.
   *
   * @return whether the projection is in that state now
   * @throws InterruptedException if the waiting thread is interrupted
   */
  public boolean awaitState(LifecycleState wanted, Duration timeout) throws InterruptedException {
    return core.awaitState(wanted, timeout);
  }

  /** Tells of changes of {@link #state()} from now on. */
  public void addListener(LifecycleListener listener) {
    core.addListener(listener);
  }

  /** Whether it is the active one, as far as this process knows; otherwise it stands by. */
  public boolean isActive() {
    return core.isActive();
  }

  /** The event at which this object has stopped, until it is resumed. */
  public Optional<ProjectionFailure> failure() {
    return core.failure();
  }

  /**
   * Goes on after a failure, with the event that it stopped at.
   *
   * @return whether it had stopped; otherwise nothing is changed
   */
  public boolean resume() {
    return core.resume();
  }

  /**
   * How it is doing: UP while it is at work or stands by, and the server has answered within the
   * lease time or 30 seconds, whichever is more; DEGRADED while it has not, or the projection is
   * starting, recovering or draining; DOWN while stopped at a failure, before the start and after
   * the end.
   */
  public Health health() {
    return core.health();
  }

  /** What it has done so far in this process. */
  public ProjectionStats stats() {
    return core.stats();
  }

  /**
   * Stops: lets the running handler finish, moves past its event, and lets go of the projection,
   * all within the drain time; then the handler is interrupted and its event is handled again.
   * Returns when it is done; a handler that calls this returns at once and is the last. Repeated
   * calls wait for the first.
   */
  @Override
  public void close() {
    core.close();
  }

  /**
   * Stops at once: interrupts the handler, and lets the lease run out. The event is handled again.
   */
  public void closeNow() {
    core.closeNow();
  }
}
