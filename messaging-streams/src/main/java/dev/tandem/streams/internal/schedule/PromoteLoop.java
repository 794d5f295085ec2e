package dev.tandem.streams.internal.schedule;

import dev.tandem.api.error.ClosedException;
import dev.tandem.api.lifecycle.Lifecycle;
import dev.tandem.api.lifecycle.LifecycleState;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Promotes a set of streams until it is told to stop; the body of one thread. */
public final class PromoteLoop implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(PromoteLoop.class);

  private final PromoteAgenda agenda;
  private final Lifecycle lifecycle;
  private final CountDownLatch stop = new CountDownLatch(1);

  /** A loop over the streams of this agenda. */
  public PromoteLoop(PromoteAgenda agenda, Lifecycle lifecycle) {
    this.agenda = agenda;
    this.lifecycle = lifecycle;
  }

  /** Ends the loop after what it does now. */
  public void stop() {
    stop.countDown();
  }

  @Override
  public void run() {
    try {
      while (!stop.await(agenda.untilNext(), TimeUnit.NANOSECONDS)) {
        agenda.promoteDue();
        lifecycle.tryMoveTo(
            agenda.isFailing() ? LifecycleState.RECOVERING : LifecycleState.RUNNING);
      }
    } catch (InterruptedException e) {
      LOG.debug("interrupted, which ends promoting");
    } catch (ClosedException e) {
      LOG.error("the connection was closed, which ends promoting");
      lifecycle.tryMoveTo(LifecycleState.FAILED);
    }
  }
}
