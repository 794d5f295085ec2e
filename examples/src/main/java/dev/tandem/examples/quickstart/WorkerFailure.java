package dev.tandem.examples.quickstart;

import dev.tandem.examples.console.Narrator;
import dev.tandem.examples.console.Waiting;
import dev.tandem.streams.StreamWorker;
import java.time.Duration;

/**
 * Worker B stops finishing what it takes, and is killed with its hands full; worker A takes that
 * over when the lease has run out.
 *
 * <p>While B fills its hands, A's handlers wait at a gate, so that it is not left to chance which
 * of the two gets the next messages.
 */
final class WorkerFailure implements Scene {
  /** The longest that worker A is held up: 1 s, well within its lease. */
  static final Duration LONGEST_HOLD_UP = Duration.ofSeconds(1);

  private final int begin;
  private final WorkerProcess workerB;
  private final StreamWorker workerA;
  private final Gate gate;
  private final Unacknowledged unacknowledged;
  private final Narrator narrator;
  private final int handsFull;
  private Stage stage = Stage.BOTH_WORK;
  private long deadline;

  /**
   * Creates the scene.
   *
   * @param begin the event before which worker B stops
   * @param handsFull how many messages worker B can have at a time
   * @param gate which worker A's handlers pass
   */
  WorkerFailure(
      int begin,
      int handsFull,
      WorkerProcess workerB,
      StreamWorker workerA,
      Gate gate,
      Unacknowledged unacknowledged,
      Narrator narrator) {
    this.begin = begin;
    this.workerB = workerB;
    this.workerA = workerA;
    this.handsFull = handsFull;
    this.gate = gate;
    this.unacknowledged = unacknowledged;
    this.narrator = narrator;
  }

  @Override
  public void before(int event) throws InterruptedException {
    workerB.checkRunning();
    if (stage == Stage.BOTH_WORK && event >= begin) {
      gate.close();
      workerB.hold();
      deadline = System.nanoTime() + LONGEST_HOLD_UP.toNanos();
      stage = Stage.B_HOLDS;
    }
    if (stage == Stage.B_HOLDS && (isFull() || System.nanoTime() > deadline)) {
      kill();
    }
    if (stage == Stage.B_IS_DEAD && workerA.stats().takenOver() > 0) {
      narrator.say("Worker A takes over what worker B held: nobody renewed its lease.");
      stage = Stage.A_TOOK_OVER;
    }
  }

  @Override
  public void afterLast() throws InterruptedException {
    before(Integer.MAX_VALUE);
    if (stage == Stage.B_HOLDS) {
      Waiting.until(this::isFull, Duration.ofNanos(deadline - System.nanoTime()));
      kill();
    }
  }

  @Override
  public void epilogue() {
    narrator.say("Worker A took over %s of worker B.", Narrator.counted(failedOver(), "message"));
  }

  /** How many deliveries worker A took over. */
  long failedOver() {
    return workerA.stats().takenOver();
  }

  private boolean isFull() {
    return workerB.holding() >= handsFull;
  }

  private void kill() throws InterruptedException {
    workerB.kill();
    gate.open();
    narrator.say(
        "Worker B is killed (SIGKILL) with %s not acknowledged.",
        Narrator.counted(unacknowledged.count(workerB.consumer()), "message"));
    stage = Stage.B_IS_DEAD;
  }

  private enum Stage {
    BOTH_WORK,
    B_HOLDS,
    B_IS_DEAD,
    A_TOOK_OVER
  }
}
