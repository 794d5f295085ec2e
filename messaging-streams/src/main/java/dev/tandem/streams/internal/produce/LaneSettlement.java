package dev.tandem.streams.internal.produce;

import dev.tandem.api.MessageId;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.StreamFullException;
import dev.tandem.redis.batch.Doubt;
import dev.tandem.redis.batch.LaneBook;
import dev.tandem.redis.command.RedisKey;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides by the reply to a lane's call what becomes of its entries: appended, refused, or tried
 * again. Books first, completes futures last: their callbacks are the users'.
 *
 * <p>Thread safety: not safe for use by many threads; the sending thread's.
 */
final class LaneSettlement {
  private final LaneBook<RedisKey, Outgoing, Lane> lanes;
  private final Patience patience;
  private final Outcomes outcomes;

  LaneSettlement(LaneBook<RedisKey, Outgoing, Lane> lanes, Patience patience, Outcomes outcomes) {
    this.lanes = lanes;
    this.patience = patience;
    this.outcomes = outcomes;
  }

  /** A call of this lane was answered so. */
  void settle(Lane lane, Frame frame, @Nullable Object reply) {
    if (!frame.isAwaited()) {
      return; // it was given up
    }
    frame.answered();
    Appended appended;
    try {
      appended = Appended.of(reply);
    } catch (MessagingException e) {
      tryFailed(lane, frame, e);
      return;
    }
    switch (appended.outcome()) {
      case DONE -> done(lane, frame, appended);
      case OVERTAKEN -> giveUp(lane, frame, Doubt.unknown("a later call came before it", null));
      case FORGOTTEN ->
          giveUp(lane, frame, Doubt.unknown("the server has forgotten this producer", null));
      case OUT_OF_ORDER -> lanes.turnOver(lane); // goes with or after the one before it
    }
  }

  private void done(Lane lane, Frame frame, Appended appended) {
    List<MessageId> ids = appended.ids();
    List<Outgoing> entries = frame.entries();
    long now = System.nanoTime();
    int refusedTo = ids.size();
    while (refusedTo < entries.size()
        && patience.isOverForRoom(entries.get(refusedTo).takenNanos(), now)) {
      refusedTo++;
    }
    List<Outgoing> again = entries.subList(refusedTo, entries.size());
    if (!ids.isEmpty()) {
      lane.newestId(ids.get(ids.size() - 1).value());
      lane.foundRoom();
    }
    lane.done(frame, again);
    lane.dueAt(again.isEmpty() ? now : now + patience.pauseWhenFull(lane.foundFull()));
    lanes.settled(entries.subList(0, refusedTo));
    lanes.turnOver(lane);
    outcomes.appended(entries, ids);
    if (!again.isEmpty()) {
      outcomes.troubled(again.get(0), full(again.get(0), appended.length()));
    }
    for (Outgoing refused : entries.subList(ids.size(), refusedTo)) {
      outcomes.failed(refused, full(refused, appended.length()));
    }
  }

  private static StreamFullException full(Outgoing entry, long length) {
    return new StreamFullException(
        entry.tenant().name(), entry.topic(), length, entry.mostEntries());
  }

  private void tryFailed(Lane lane, Frame frame, MessagingException why) {
    if (why.code() == ErrorCode.OUTCOME_UNKNOWN) {
      frame.replyLost();
    }
    long now = System.nanoTime();
    boolean isWorthResending = frame.isRemembered() && patience.isWorthResending(why);
    if (isWorthResending && !patience.isOver(frame.first().takenNanos(), now)) {
      lane.dueAt(now + patience.pauseAfter(frame.tries()));
      lanes.turnOver(lane);
      outcomes.troubled(frame.first(), why);
      return;
    }
    List<Outgoing> behind = isWorthResending ? overToo(lane, now) : List.of();
    giveUp(lane, frame, patience.isFromScript(why) ? why : Doubt.truth(frame.maybeDone(), why));
    behind.forEach(entry -> outcomes.failed(entry, Doubt.truth(false, why)));
  }

  /** What has waited as long behind a call that is given up need not be tried. */
  private List<Outgoing> overToo(Lane lane, long now) {
    List<Outgoing> over = new ArrayList<>();
    List<Outgoing> others = new ArrayList<>();
    for (Outgoing entry : lane.removeWaiting()) {
      (patience.isOver(entry.takenNanos(), now) ? over : others).add(entry);
    }
    others.forEach(lane::add);
    lanes.settled(over);
    return over;
  }

  private void giveUp(Lane lane, Frame frame, MessagingException why) {
    lane.done(frame, List.of());
    lane.dueAt(System.nanoTime());
    lanes.settled(frame.entries());
    lanes.turnOver(lane);
    frame.entries().forEach(entry -> outcomes.failed(entry, why));
  }

  /**
   * Fails everything.
   *
   * @param maybeDone whether calls that were sent may have been executed, even if nothing says so
   */
  void failAll(MessagingException why, boolean maybeDone) {
    for (Lane lane = lanes.any(); lane != null; lane = lanes.any()) {
      List<Outgoing> behind = lane.removeWaiting();
      lanes.settled(behind);
      List<Frame> frames = lane.underWay();
      if (frames.isEmpty()) {
        lanes.turnOver(lane);
      }
      for (Frame frame : frames) {
        if (maybeDone && frame.tries() > 0) {
          frame.replyLost();
        }
        frame.answered();
        giveUp(lane, frame, Doubt.truth(frame.maybeDone(), why));
      }
      behind.forEach(entry -> outcomes.failed(entry, why));
    }
  }
}
