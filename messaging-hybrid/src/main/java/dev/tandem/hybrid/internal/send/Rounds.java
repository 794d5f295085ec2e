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

  private record Round(List<Try> tries, long startNanos) {}

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
    while (unsettled.size() > rounds) {
      settleOldest();
    }
  }

  private void settleOldest() {
    Round round = unsettled.remove();
    try {
      List<@Nullable Object> replies = pipeline.read();
      outcomes.batchTime().update(System.nanoTime() - round.startNanos(), TimeUnit.NANOSECONDS);
      for (int i = 0; i < round.tries().size(); i++) {
        settlement.settle(round.tries().get(i), replies.get(i));
      }
    } catch (Throwable e) { // as above
      failed(e);
    }
  }

  private void failed(Throwable error) {
    LOG.error("a hybrid publisher failed", error);
    settlement.failAll(
        new MessagingException(
            ErrorCode.SERVER_ERROR, false, "a hybrid publisher failed: " + error, error));
  }

  boolean isEmpty() {
    return unsettled.isEmpty();
  }
}
