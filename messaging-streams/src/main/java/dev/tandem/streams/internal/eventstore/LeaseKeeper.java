package dev.tandem.streams.internal.eventstore;

import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.DedicatedLink;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Renews the lease of a projection each third of its time, on a thread and connection of its own.
 */
final class LeaseKeeper implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(LeaseKeeper.class);
  private static final Duration SHORTEST_REPLY = Duration.ofSeconds(1);
  private static final Duration LONGEST_REPLY = Duration.ofSeconds(5);

  private final ProjectionSettings<?> settings;
  private final ProjectionState state;
  private final ProjectionCounters counters;
  private final Supplier<@Nullable Tenure> current;
  private final Runnable proven;
  private final Patience patience = new Patience();
  private volatile boolean stopped;
  private @Nullable DedicatedLink link;

  LeaseKeeper(
      ProjectionSettings<?> settings,
      ProjectionState state,
      ProjectionCounters counters,
      Supplier<@Nullable Tenure> current,
      Runnable proven) {
    this.settings = settings;
    this.state = state;
    this.counters = counters;
    this.current = current;
    this.proven = proven;
  }

  void stop() {
    stopped = true;
    patience.wake();
  }

  @Override
  public void run() {
    Duration every = settings.lease().dividedBy(3);
    try {
      patience.await(every, () -> stopped);
      while (!stopped) {
        Tenure tenure = current.get();
        boolean done = tenure == null || renew(tenure);
        patience.await(done ? every : every.dividedBy(5), () -> stopped);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // nobody does; then the lease runs out
    } finally {
      drop();
    }
  }

  private boolean renew(Tenure tenure) {
    long asked = System.nanoTime();
    try {
      long behind = state.renew(open(), settings.holder(), settings.lease());
      proven.run();
      if (behind < 0) {
        tenure.lose();
      } else {
        tenure.renewed(asked);
        counters.lag(behind);
      }
      return true;
    } catch (MessagingException e) {
      drop();
      LOG.warn(
          "{}: renewing its lease failed, will be tried again: {}",
          settings.describe(),
          e.toString());
      return false;
    }
  }

  private DedicatedLink open() {
    DedicatedLink present = link;
    if (present == null || present.isBroken()) {
      drop();
      Duration third = settings.lease().dividedBy(3);
      Duration most = third.compareTo(LONGEST_REPLY) < 0 ? third : LONGEST_REPLY;
      present =
          settings
              .place()
              .redis()
              .openDedicated(
                  settings.keys().state(),
                  most.compareTo(SHORTEST_REPLY) > 0 ? most : SHORTEST_REPLY);
      link = present;
    }
    return present;
  }

  private void drop() {
    DedicatedLink present = link;
    link = null;
    if (present != null) {
      present.close();
    }
  }
}
