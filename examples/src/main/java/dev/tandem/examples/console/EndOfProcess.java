package dev.tandem.examples.console;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * What happens when the process is told to end (Ctrl-C) while a run is under way: if the run has
 * something to tidy up, it is interrupted and given a moment for that.
 */
public final class EndOfProcess {
  private static final Duration LONGEST_TIDYING = Duration.ofSeconds(8);

  private final Thread run;
  private final CountDownLatch done = new CountDownLatch(1);
  private volatile boolean begun;
  private volatile boolean tidiesUp;

  private EndOfProcess(Thread run) {
    this.run = run;
  }

  /** Watches over the run on the calling thread. */
  public static EndOfProcess watch() {
    EndOfProcess end = new EndOfProcess(Thread.currentThread());
    Runtime.getRuntime().addShutdownHook(new Thread(end::begin, "tandem-end"));
    return end;
  }

  /** From now on there is something to tidy up. */
  public void tidyUpFirst() {
    tidiesUp = true;
  }

  /** The run is over, and tidied up. */
  public void done() {
    done.countDown();
  }

  /** Whether the process is ending, so that what now fails is no news. */
  public boolean hasBegun() {
    return begun;
  }

  private void begin() {
    begun = true;
    if (!tidiesUp || done.getCount() == 0) {
      return;
    }
    run.interrupt();
    try {
      boolean tidy = done.await(LONGEST_TIDYING.toMillis(), TimeUnit.MILLISECONDS);
      if (!tidy) {
        System.err.println("tandem: ended before everything was tidied up");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
