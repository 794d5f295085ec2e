package dev.tandem.pubsub.internal.publish;

import com.codahale.metrics.Timer;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Pipeline;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends rounds of calls. Under load the next is written before the replies to the one before are
 * read, if all its calls stay in order whatever becomes of those before them: the server keeps
 * recoverable ones in order, and a fleeting one that failed is given up once a later one has
 * arrived. Batches wait.
 *
 * <p>Thread safety: not safe for use by many threads, but for {@link #canBegin}; the sending
 * thread's.
 */
final class Rounds {
  private static final Logger LOG = LoggerFactory.getLogger(Rounds.class);

  private final Pipeline pipeline;
  private final Sender sender;
  private final Settlement settlement;
  private final Outcomes outcomes;
  private final Timer timer;
  private final ArrayDeque<Round> underWay = new ArrayDeque<>();
  private long number;

  Rounds(Pipeline pipeline, Sender sender, Settlement settlement, Outcomes outcomes, Timer timer) {
    this.pipeline = pipeline;
    this.sender = sender;
    this.settlement = settlement;
    this.outcomes = outcomes;
    this.timer = timer;
  }

  /**
   * What was written at once.
   *
   * @param number shared by rounds that were under way together: what breaks one breaks the others
   */
  private record Round(List<Lanes.Try> tries, long number, Timer.Context time) {}

  boolean isEmpty() {
    return underWay.isEmpty();
  }

  /** Settles what is under way if nothing may be written behind it. */
  void makeReady() {
    if (!pipeline.isReady()) {
      settleDownTo(0);
    }
  }

  /**
   * Sends a round, if the pipeline is ready. A round that waits for the ones before it is not sent
   * if these had trouble: some of its calls may have to stay behind theirs.
   */
  void send(List<Lanes.Try> tries) {
    int ahead = tries.stream().allMatch(one -> one.call().mayFollow()) ? 1 : 0;
    if (!settleDownTo(ahead)) {
      tries.forEach(one -> one.call().notUnderWay());
      return;
    }
    begin(tries);
    settleDownTo(ahead);
  }

  /** Whether {@link #begin} would not wait, with nothing under way; may be asked by any thread. */
  boolean canBegin() {
    return pipeline.isAtHand();
  }

  /** Writes a round, and leaves its replies for later. */
  void begin(List<Lanes.Try> tries) {
    if (underWay.isEmpty()) {
      number++;
    }
    Round round = new Round(tries, number, timer.time());
    try {
      pipeline.write(commands(tries));
      underWay.add(round);
    } catch (Throwable e) { // also errors: futures that hang for ever would be worse
      failed(round, e);
    }
  }

  private List<Command> commands(List<Lanes.Try> tries) {
    List<Command> commands = new ArrayList<>(tries.size());
    for (Lanes.Try one : tries) {
      if (one.call().trouble() != null) {
        outcomes.resent(one.call());
      }
      commands.add(one.call().command(sender, one.after()));
    }
    return commands;
  }

  /**
   * Waits for rounds until only so many are under way; for all after one that had trouble.
   *
   * @return whether none had
   */
  boolean settleDownTo(int rounds) {
    int most = rounds;
    boolean isPublished = true;
    while (underWay.size() > most) {
      if (!settle(underWay.remove())) {
        most = 0;
        isPublished = false;
      }
    }
    return isPublished;
  }

  /** Whether all of a round was published. */
  private boolean settle(Round round) {
    List<@Nullable Object> replies;
    try {
      replies = pipeline.read();
    } catch (Throwable e) { // as above
      failed(round, e);
      return false;
    }
    round.time().stop();
    boolean isPublished = true;
    for (int i = 0; i < round.tries().size(); i++) {
      Call call = round.tries().get(i).call();
      isPublished &= settlement.settle(call, replies.get(i), round.number());
    }
    return isPublished;
  }

  private void failed(Round round, Throwable error) {
    LOG.error("publishing failed", error);
    MessagingException why =
        new MessagingException(
            ErrorCode.OUTCOME_UNKNOWN, false, "publishing failed: " + error, error);
    round.tries().forEach(one -> settlement.tryFailed(one.call(), why, round.number()));
  }
}
