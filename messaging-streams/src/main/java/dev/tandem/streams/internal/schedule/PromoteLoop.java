package dev.tandem.streams.internal.schedule;

import dev.tandem.api.error.ClosedException;
import dev.tandem.api.lifecycle.Lifecycle;
import dev.tandem.api.lifecycle.LifecycleState;
import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Promotes a set of streams until it is told to stop; the body of one thread. */
public final class PromoteLoop implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(PromoteLoop.class);

  private final PromoteAgenda agenda;
  private final Lifecycle lifecycle;
  private final Clock clock;
  private final CountDownLatch stop = new CountDownLatch(1);
  private volatile @Nullable Instant lastProof;
  private volatile String trouble = "";

  /** A loop over the streams of this agenda. */
  public PromoteLoop(PromoteAgenda agenda, Lifecycle lifecycle, Clock clock) {
    this.clock = clock;
    this.agenda = agenda;
    this.lifecycle = lifecycle;
  }

  /** Ends the loop after what it does now. */
  public void stop() {
    stop.countDown();
  }

  /** When some stream was served last, or null. */
  public @Nullable Instant lastProof() {
    return lastProof;
  }

  /** What keeps streams from being served, with a separator in front; empty if nothing does. */
  public String trouble() {
    String now = trouble;
    return now.isEmpty() ? "" : "; " + now;
  }

  @Override
  public void run() {
    try {
      while (!stop.await(agenda.untilNext(), TimeUnit.NANOSECONDS)) {
        agenda.promoteDue();
        trouble = agenda.trouble();
        if (agenda.isProven()) {
          lastProof = clock.instant();
        }
        lifecycle.tryMoveTo(trouble.isEmpty() ? LifecycleState.RUNNING : LifecycleState.RECOVERING);
      }
    } catch (InterruptedException e) {
      LOG.debug("interrupted, which ends promoting");
    } catch (ClosedException e) {
      LOG.error("the connection was closed, which ends promoting");
      lifecycle.tryMoveTo(LifecycleState.FAILED);
    }
  }
}
