package dev.tandem.hybrid.internal.send;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.hybrid.internal.wire.HybridScript;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Pipeline;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends rounds of calls one behind the other. While the server works at one the next is written, so
 * that under load it never waits for this side.
 *
 * <p>Thread safety: not safe for use by many threads; the sending thread's.
 */
final class Rounds {
  private static final Logger LOG = LoggerFactory.getLogger(Rounds.class);

  private final Pipeline pipeline;
  private final HybridScript script;
  private final Settlement settlement;
  private final Outcomes outcomes;
  private final ArrayDeque<Round> unsettled = new ArrayDeque<>();
  private @Nullable Answered answered;

  private record Round(List<Try> tries, long startNanos) {}

  private record Answered(Round round, List<@Nullable Object> replies) {}

  Rounds(Pipeline pipeline, HybridScript script, Settlement settlement, Outcomes outcomes) {
    this.pipeline = pipeline;
    this.script = script;
    this.settlement = settlement;
    this.outcomes = outcomes;
  }

  /** Settles what is under way if nothing may be written behind it. */
  void makeReady() {
    if (!pipeline.isReady()) {
      settleDownTo(0);
    }
  }

  /** Sends a round, if the pipeline is ready. */
  void send(List<Try> tries) {
    unsettled.add(new Round(tries, System.nanoTime()));
    try {
      List<Command> commands = new ArrayList<>(tries.size());
      for (Try one : tries) {
        if (one.call().tries() > 1) {
          outcomes.resent(one.call().messages().size());
        }
        commands.add(script.command(one.attempt()));
      }
      pipeline.write(commands);
    } catch (Throwable e) { // also errors: futures that hang for ever would be worse
      unsettled.removeLast();
      failed(e);
    }
  }

  /** Waits for rounds until only so many are under way. */
  void settleDownTo(int rounds) {
    settleAnswered();
    while (unsettled.size() > rounds) {
      readOldest();
      settleAnswered();
    }
  }

  /**
   * Waits until nothing is under way. The last answers are settled later, by {@link
   * #settleAnswered}: the next round, which does not depend on them, need not wait for that.
   */
  void awaitAll() {
    settleAnswered();
    while (!unsettled.isEmpty()) {
      settleAnswered();
      readOldest();
    }
  }

  private void readOldest() {
    Round round = unsettled.remove();
    try {
      answered = new Answered(round, pipeline.read());
      outcomes.batchTime().update(System.nanoTime() - round.startNanos(), TimeUnit.NANOSECONDS);
    } catch (Throwable e) { // as above
      failed(e);
    }
  }

  /** Settles what was answered, if anything was; whether it was. */
  boolean settleAnswered() {
    Answered some = answered;
    if (some == null) {
      return false;
    }
    answered = null;
    try {
      for (int i = 0; i < some.round().tries().size(); i++) {
        settlement.settle(some.round().tries().get(i), some.replies().get(i));
      }
    } catch (Throwable e) { // as above
      failed(e);
    }
    return true;
  }

  private void failed(Throwable error) {
    settleAnswered(); // of these it is known what became of them
    LOG.error("a hybrid publisher failed", error);
    settlement.failAll(
        new MessagingException(
            ErrorCode.SERVER_ERROR, false, "a hybrid publisher failed: " + error, error));
  }

  boolean isEmpty() {
    return unsettled.isEmpty() && answered == null;
  }
}
