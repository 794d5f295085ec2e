package dev.tandem.streams.internal.eventstore;

import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.streams.eventstore.ProjectionFailure;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.entry.RawEntry;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a projection does all the time: stands by until it holds the projection, then works, until
 * it stops or loses it. The body of one thread; the rest is safe for use by many threads.
 *
 * @param <T> the events' payload type
 */
final class ProjectionLoop<T> implements Runnable, Standing {
  private static final Logger LOG = LoggerFactory.getLogger(ProjectionLoop.class);
  private static final Duration LONGEST_STANDBY = Duration.ofSeconds(1);
  private static final Duration SHORTEST_STANDBY = Duration.ofMillis(10);
  private static final Duration QUIET = Duration.ofSeconds(30);
  private static final RetryPolicy TROUBLE =
      RetryPolicy.exponential(Duration.ofMillis(50), Duration.ofSeconds(5));

  private final ProjectionSettings<T> settings;
  private final ProjectionVitals vitals;
  private final ProjectionState state;
  private final ProjectionCounters counters;
  private final EventProcessor<T> processor;
  private final CategoryFeed feed;
  private final Patience patience = new Patience();
  private volatile boolean stopped;
  private volatile boolean abandoned;
  private volatile boolean resumed;
  private volatile @Nullable Tenure tenure;
  private volatile @Nullable ProjectionFailure failure;

  ProjectionLoop(
      ProjectionSettings<T> settings,
      ProjectionVitals vitals,
      ProjectionState state,
      ProjectionCounters counters) {
    this.settings = settings;
    this.vitals = vitals;
    this.state = state;
    this.counters = counters;
    this.processor = new EventProcessor<>(settings, state, counters, this);
    this.feed = new CategoryFeed(settings.place().redis(), settings.keys().category());
  }

  @Override
  public void run() {
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
        counters.lost.add(1);
        counters.lag(0);
        LOG.info("{}: it has passed on, or is rebuilt", settings.describe());
      } catch (InterruptedException e) {
        Thread.interrupted(); // by close, and then it is to stop; or by a handler
      } catch (RuntimeException | Error e) {
        if (!stopped) {
          vitals.troubled(e);
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
    vitals.proven();
    vitals.recovered();
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
    counters.acquired.add(1);
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
        vitals.proven();
        vitals.recovered();
        return entries;
      } catch (MessagingException e) {
        if (!stopped) {
          vitals.troubled(e);
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
    vitals.moveTo(LifecycleState.PAUSED);
    while (!resumed && !stopped) {
      patience.await(QUIET, () -> resumed || stopped);
    }
    failure = null;
    vitals.moveTo(LifecycleState.RUNNING);
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
  }

  /** Ends the loop after what it does now. */
  void stop() {
    stopped = true;
    patience.wake();
    feed.interrupt();
  }

  /** What it holds is not to be let go of when it ends: the lease runs out. */
  void abandon() {
    abandoned = true;
  }

  /** Goes on after a failure; whether there was one. */
  boolean resume() {
    boolean waits = failure != null;
    resumed = true;
    patience.wake();
    return waits;
  }

  /** The time for which this process holds the projection, or null. */
  @Nullable Tenure tenure() {
    return tenure;
  }

  /** What it has stopped at, or null. */
  @Nullable ProjectionFailure failure() {
    return failure;
  }

  @Override
  public void proven() {
    vitals.proven();
  }

  @Override
  public void troubled(Throwable error) {
    vitals.troubled(error);
  }

  @Override
  public void recovered() {
    vitals.recovered();
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
