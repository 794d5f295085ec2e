package dev.tandem.hybrid.internal.send;

import dev.tandem.api.error.MessagingException;
import dev.tandem.hybrid.internal.wire.CallTry;
import dev.tandem.redis.batch.LaneBook;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What waits for one tenant: calls, each of which stays the same until its outcome is known, and
 * the messages behind them.
 *
 * <p>Thread safety: not safe for use by many threads; the sending thread's.
 */
final class Lane implements LaneBook.Lane<Tenant, Outgoing> {
  /** The most calls under way at a time; the server remembers as many. */
  static final int MOST_UNDER_WAY = 16;

  /** The most calls of one round, so that the next one can go behind it. */
  static final int MOST_A_ROUND = MOST_UNDER_WAY / 2;

  /** The most messages that are made into calls at a time. */
  private static final int MOST_FORMED = 1_024;

  private final Tenant tenant;
  private final ArrayDeque<Outgoing> waiting = new ArrayDeque<>();
  private final ArrayDeque<PendingCall> calls = new ArrayDeque<>();
  private long dueNanos;
  private boolean known;
  private @Nullable MessagingException whyToSpool;

  Lane(Tenant tenant) {
    this.tenant = tenant;
  }

  @Override
  public Tenant key() {
    return tenant;
  }

  @Override
  public void add(Outgoing message) {
    waiting.add(message);
  }

  @Override
  public boolean isEmpty() {
    return calls.isEmpty() && waiting.isEmpty();
  }

  @Override
  public long oldestNumber() {
    return (calls.isEmpty() ? waiting.element() : calls.element().first()).number();
  }

  /** Whether {@link #next} has something to send. */
  @Override
  public boolean hasNext() {
    if (whyToSpool != null) {
      return false;
    }
    boolean anyAwaited = false;
    boolean anyAgain = false;
    boolean anyAlone = false;
    int sent = 0;
    for (PendingCall call : calls) {
      if (call.isSent()) {
        sent++;
        anyAwaited |= call.isAwaited();
        anyAgain |= !call.isAwaited();
        anyAlone |= !call.mayBeFollowed();
      }
    }
    if (anyAgain || anyAlone) {
      return !anyAwaited; // together, in their order
    }
    return sent < MOST_UNDER_WAY && (sent < calls.size() || !waiting.isEmpty());
  }

  /** The calls to be sent, in order: those that were under way, again, and the next ones. */
  List<Try> next(Calls maker, Duration life) {
    List<Try> round = new ArrayList<>(MOST_A_ROUND);
    CallTry before = null;
    form(maker);
    for (PendingCall call : calls) {
      if (round.size() == MOST_A_ROUND
          || (before != null && before.behind() == MOST_UNDER_WAY - 1)) {
        break;
      }
      boolean expectsMemory = known && call.maybeDone();
      before =
          before == null
              ? CallTry.first(call.call(), expectsMemory, life)
              : before.then(call.call(), expectsMemory);
      if (!call.isAwaited()) {
        call.sent();
        round.add(new Try(this, call, before));
      }
      if (!call.mayBeFollowed()) {
        break;
      }
    }
    return round;
  }

  /** Makes the next messages into calls, unless there are calls that were not sent yet. */
  void form(Calls maker) {
    if (calls.isEmpty() || calls.getLast().isSent()) {
      List<Outgoing> some = new ArrayList<>(Math.min(waiting.size(), MOST_FORMED));
      while (some.size() < MOST_FORMED && !waiting.isEmpty()) {
        some.add(waiting.remove());
      }
      calls.addAll(maker.of(some));
    }
  }

  /** A call is settled: none of the rest is held up by it. */
  void settled(PendingCall call) {
    call.settled();
    calls.remove(call);
  }

  /** A call was not executed, and goes on as this one. */
  void replace(PendingCall call, PendingCall shorter) {
    call.settled();
    List<PendingCall> all = new ArrayList<>(calls);
    all.set(all.indexOf(call), shorter);
    calls.clear();
    calls.addAll(all);
  }

  /** Takes all calls out, those that the messages behind them make included; none is awaited. */
  List<PendingCall> removeAll(Calls maker) {
    List<PendingCall> all = new ArrayList<>(calls);
    all.addAll(maker.of(new ArrayList<>(waiting)));
    calls.clear();
    waiting.clear();
    all.forEach(PendingCall::settled);
    whyToSpool = null;
    return all;
  }

  /** Whether the reply to everything is awaited. */
  boolean isAllSent() {
    return waiting.isEmpty() && calls.stream().allMatch(PendingCall::isAwaited);
  }

  /** Whether no reply is awaited. */
  boolean isQuiet() {
    return calls.stream().noneMatch(PendingCall::isAwaited);
  }

  /** All of it is to go to the spool, as soon as no reply is awaited. */
  void isToSpool(MessagingException why) {
    whyToSpool = why;
  }

  /** Why all of it is to go to the spool, or null. */
  @Nullable MessagingException whyToSpool() {
    return whyToSpool;
  }

  /** A call was answered with a receipt, so the server remembers the publisher. */
  void remembered() {
    known = true;
  }

  @Override
  public long dueNanos() {
    return dueNanos;
  }

  void dueAt(long nanos) {
    dueNanos = nanos;
  }
}
