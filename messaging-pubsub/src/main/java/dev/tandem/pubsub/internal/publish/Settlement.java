package dev.tandem.pubsub.internal.publish;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.ServerErrorException;
import dev.tandem.redis.batch.Doubt;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides by the reply to a call what becomes of it: published, failed, or sent again. Books first,
 * completes futures last: their stages are the users'.
 *
 * <p>Thread safety: not safe for use by many threads; the sending thread's.
 */
final class Settlement {
  private final Lanes lanes;
  private final Resending resending;
  private final Outcomes outcomes;
  private final Foresight foresight;

  Settlement(Lanes lanes, Resending resending, Outcomes outcomes, Foresight foresight) {
    this.foresight = foresight;
    this.lanes = lanes;
    this.resending = resending;
    this.outcomes = outcomes;
  }

  /** A call was answered so, in this round; whether it is published. */
  boolean settle(Call call, @Nullable Object reply, long round) {
    if (call.isSettled()) {
      return false; // it was given up meanwhile
    }
    call.notUnderWay();
    Call.Outcome outcome;
    try {
      outcome = call.read(reply);
    } catch (RuntimeException e) {
      tryFailed(call, known(e), round);
      return false;
    }
    switch (outcome) {
      case DONE -> done(call);
      case OVERTAKEN -> giveUp(call, Doubt.unknown("a later one came before it", call.trouble()));
      case OUT_OF_ORDER -> call.channels().forEach(foresight::forget); // goes again, behind others
    }
    return outcome == Call.Outcome.DONE;
  }

  private static MessagingException known(RuntimeException e) {
    return e instanceof MessagingException why
        ? why
        : new ServerErrorException(ErrorCode.SERVER_ERROR, false, "a publish failed: " + e, e);
  }

  private void done(Call call) {
    giveUpOvertakenBy(call);
    if (call.failedTries() > 0) {
      lanes.sharing(call).forEach(Call::beginAnew);
    }
    call.settled();
    lanes.remove(call);
    call.teach(foresight, lanes);
    outcomes.published(call);
  }

  /** Fleeting calls that were refused before it would come out of order now. */
  private void giveUpOvertakenBy(Call call) {
    for (Call other : lanes.before(call)) {
      MessagingException why = other.trouble();
      if (!other.isRemembered() && why != null) {
        giveUp(other, why);
      }
    }
  }

  /** A try of this call failed. */
  void tryFailed(Call call, MessagingException why, long round) {
    if (call.isSettled()) {
      return;
    }
    call.notUnderWay();
    call.trouble(why);
    call.channels().forEach(foresight::forget);
    if (why.code() == ErrorCode.OUTCOME_UNKNOWN) {
      call.replyLost();
    }
    if (!Resending.isHarmless(call, why)) {
      if (call.maybeDone()) {
        giveUpOvertakenBy(call);
      }
      giveUp(call, why);
      return;
    }
    List<Call> waiting = lanes.sharing(call);
    waiting.forEach(other -> other.roundFailed(round));
    if (resending.allows(call, why)) {
      call.dueAt(System.nanoTime() + resending.pauseNanos(call));
      return;
    }
    giveUp(call, why);
    for (Call behind : waiting) {
      if (!behind.isSettled() && !behind.isSent() && !resending.allows(behind, why)) {
        giveUp(behind, why); // has waited as long
      }
    }
  }

  private void giveUp(Call call, MessagingException why) {
    call.settled();
    lanes.remove(call);
    outcomes.failed(call, Doubt.truth(call.maybeDone(), why));
  }

  /** Fails everything. */
  void failAll(MessagingException why) {
    for (Call call = lanes.any(); call != null; call = lanes.any()) {
      giveUp(call, why);
    }
  }
}
