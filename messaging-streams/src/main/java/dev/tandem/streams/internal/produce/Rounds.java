package dev.tandem.streams.internal.produce;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.batch.Kept;
import dev.tandem.redis.command.Pipeline;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends rounds one behind the other. While the server works at one the next is written, so that
 * under load it never waits for this side.
 *
 * <p>Thread safety: not safe for use by many threads; the sending thread's.
 */
final class Rounds {
  private static final Logger LOG = LoggerFactory.getLogger(Rounds.class);

  private final Pipeline pipeline;
  private final @Nullable Memory memory;
  private final LaneSettlement settlement;
  private final Outcomes outcomes;
  private final ArrayDeque<Round> unsettled = new ArrayDeque<>();

  Rounds(Pipeline pipeline, @Nullable Memory memory, LaneSettlement settlement, Outcomes outcomes) {
    this.pipeline = pipeline;
    this.memory = memory;
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
  void send(List<Outgoing> alone, List<Call> calls) {
    Round round = new Round(alone, calls, System.nanoTime());
    unsettled.add(round);
    try {
      for (Call call : calls) {
        if (call.frame().tries() > 0) {
          outcomes.resent(call.frame().entries().size());
        }
      }
      outcomes.batch(round.entries());
      pipeline.write(round.commands(memory));
    } catch (Throwable e) { // also errors: futures that hang for ever would be worse
      unsettled.removeLast();
      failed(round, e);
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
      outcomes.batchTook(System.nanoTime() - round.startNanos());
      int alone = round.alone().size();
      outcomes.answered(round.alone(), replies.subList(0, alone));
      for (int i = 0; i < round.calls().size(); i++) {
        Call call = round.calls().get(i);
        settlement.settle(call.lane(), call.frame(), replies.get(alone + i));
      }
    } catch (Throwable e) { // as above
      failed(round, e);
    }
  }

  private void failed(Round round, Throwable error) {
    LOG.error("a producer failed", error);
    MessagingException why =
        new MessagingException(ErrorCode.SERVER_ERROR, false, "a producer failed: " + error, error);
    round.alone().forEach(entry -> outcomes.failed(entry, why));
    if (!round.calls().isEmpty()) {
      settlement.failAll(why, true);
    }
  }

  boolean isEmpty() {
    return unsettled.isEmpty();
  }

  /** Entries under way that are in no lane, to be settled when nothing else is to be done. */
  Kept kept() {
    int entries = 0;
    long bytes = 0;
    long before = Long.MAX_VALUE;
    for (Round round : unsettled) {
      for (Outgoing entry : round.alone()) {
        entries++;
        bytes += entry.bytes();
        before = Math.min(before, entry.number());
      }
    }
    return new Kept(entries, bytes, before, System.nanoTime());
  }
}
