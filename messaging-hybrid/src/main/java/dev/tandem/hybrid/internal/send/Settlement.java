package dev.tandem.hybrid.internal.send;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.StreamFullException;
import dev.tandem.hybrid.internal.wire.CallReply;
import dev.tandem.hybrid.internal.wire.Destination;
import dev.tandem.redis.batch.Doubt;
import dev.tandem.redis.batch.LaneBook;
import dev.tandem.tenant.Tenant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides by the reply to a call what becomes of it: published, failed, sent again, or spooled.
 * Books first, completes futures last: their stages are the users'.
 *
 * <p>Thread safety: not safe for use by many threads; the sending thread's.
 */
final class Settlement {
  private final LaneBook<Tenant, Outgoing, Lane> lanes;
  private final Calls calls;
  private final Patience patience;
  private final @Nullable SpoolEntrance spool;
  private final Outcomes outcomes;

  Settlement(
      LaneBook<Tenant, Outgoing, Lane> lanes,
      Calls calls,
      Patience patience,
      @Nullable SpoolEntrance spool,
      Outcomes outcomes) {
    this.lanes = lanes;
    this.calls = calls;
    this.patience = patience;
    this.spool = spool;
    this.outcomes = outcomes;
  }

  /** A call was answered so. */
  void settle(Try one, @Nullable Object reply) {
    PendingCall call = one.call();
    if (call.isSettled()) {
      return; // it was given up meanwhile
    }
    call.answered();
    try {
      answered(one.lane(), call, CallReply.of(call.call(), reply));
    } catch (MessagingException e) {
      tryFailed(one.lane(), call, e);
    }
    spoolIfQuiet(one.lane());
  }

  private void answered(Lane lane, PendingCall call, CallReply reply) {
    switch (reply.outcome()) {
      case DONE -> {
        lane.remembered();
        settled(lane, call);
        outcomes.published(call.messages(), reply.receipts());
      }
      case OVERTAKEN ->
          giveUp(lane, call, Doubt.unknown("a later one came before it", call.trouble()));
      case FORGOTTEN ->
          giveUp(
              lane, call, Doubt.unknown("the server has forgotten this publisher", call.trouble()));
      case OUT_OF_ORDER -> lanes.turnOver(lane); // goes with or after the one before it
      case FULL -> full(lane, call, reply.room());
    }
  }

  private void settled(Lane lane, PendingCall call) {
    lane.settled(call);
    lane.dueAt(System.nanoTime());
    lanes.settled(call.messages());
    lanes.turnOver(lane);
  }

  private void full(Lane lane, PendingCall call, int room) {
    List<Outgoing> refused = call.messages().subList(room, call.messages().size());
    if (room == 0) {
      settled(lane, call);
    } else {
      lane.replace(call, calls.shortened(call, call.messages().subList(0, room)));
      lanes.settled(refused);
      lanes.turnOver(lane);
    }
    Destination destination = call.call().destination();
    long most = destination.mostEntries();
    outcomes.failed(
        refused,
        new StreamFullException(
            destination.tenant().name(), String.valueOf(destination.topic()), most - room, most));
  }

  private void tryFailed(Lane lane, PendingCall call, MessagingException why) {
    call.failed(why);
    long now = System.nanoTime();
    switch (patience.after(call, why, now)) {
      case AGAIN -> {
        lane.dueAt(now + patience.pauseNanos(call));
        lanes.turnOver(lane);
      }
      case GIVE_UP -> giveUp(lane, call, truth(call, why));
      case SPOOL -> lane.isToSpool(why);
    }
  }

  private void giveUp(Lane lane, PendingCall call, MessagingException why) {
    settled(lane, call);
    outcomes.failed(call.messages(), why);
  }

  private void spoolIfQuiet(Lane lane) {
    MessagingException why = lane.whyToSpool();
    if (spool != null && why != null && lane.isQuiet()) {
      spoolAll(spool, lane, why);
    }
  }

  private void spoolAll(SpoolEntrance spool, Lane lane, MessagingException why) {
    List<PendingCall> all = lane.removeAll(calls);
    all.forEach(call -> lanes.settled(call.messages()));
    lanes.turnOver(lane);
    spool(spool, all, why);
  }

  /** Hands messages over to the spool: for each tenant, in order. */
  void spool(SpoolEntrance spool, Collection<List<Outgoing>> byTenant) {
    List<PendingCall> all = new ArrayList<>();
    byTenant.forEach(messages -> all.addAll(calls.of(messages)));
    spool(spool, all, null);
  }

  private void spool(
      SpoolEntrance spool, List<PendingCall> all, @Nullable MessagingException outage) {
    SpoolEntrance.Taken taken =
        spool.append(all.stream().map(PendingCall::call).toList(), outage != null);
    MessagingException failure = taken.failure();
    if (failure != null && outage != null) {
      failure.addSuppressed(outage);
    }
    for (int i = 0; i < all.size(); i++) {
      PendingCall call = all.get(i);
      long record = taken.records().get(i);
      if (record != SpoolEntrance.NOT_TAKEN) {
        outcomes.spooled(call.messages(), record);
      } else if (failure != null) {
        outcomes.failed(call.messages(), truth(call, failure));
      }
    }
  }

  /** Nothing is sent any more: spools everything, or fails it. */
  void endAll(MessagingException why) {
    for (Lane lane = lanes.any(); lane != null; lane = lanes.any()) {
      if (spool != null) {
        spoolAll(spool, lane, why);
      } else {
        failAll(lane, why);
      }
    }
  }

  /**
   * Fails everything.
   *
   * @param why what went wrong here, after which nobody knows what was executed
   */
  void failAll(MessagingException why) {
    for (Lane lane = lanes.any(); lane != null; lane = lanes.any()) {
      failAll(lane, why);
    }
  }

  private void failAll(Lane lane, MessagingException why) {
    List<PendingCall> all = lane.removeAll(calls);
    all.forEach(call -> lanes.settled(call.messages()));
    lanes.turnOver(lane);
    for (PendingCall call : all) {
      boolean lost = call.isAwaited() && why.code() != ErrorCode.CLOSED;
      outcomes.failed(
          call.messages(),
          lost ? Doubt.unknown(String.valueOf(why.getMessage()), why) : truth(call, why));
    }
  }

  /** Whether this very call may have been executed, which another one's trouble does not tell. */
  private static MessagingException truth(PendingCall call, MessagingException why) {
    return isFromScript(why) ? why : Doubt.truth(call.maybeDone(), why);
  }

  /** Whether the script itself met this error: it had looked into its memory then. */
  private static boolean isFromScript(MessagingException why) {
    return why.code() == ErrorCode.WRONG_TYPE || why.code() == ErrorCode.OUT_OF_MEMORY;
  }
}
