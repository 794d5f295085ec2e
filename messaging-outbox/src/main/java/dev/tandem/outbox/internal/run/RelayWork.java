package dev.tandem.outbox.internal.run;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.hybrid.internal.numbered.NumberedCall;
import dev.tandem.hybrid.internal.numbered.NumberedPublisher;
import dev.tandem.hybrid.internal.numbered.Verdict;
import dev.tandem.outbox.internal.send.Line;
import dev.tandem.outbox.internal.send.Refusals;
import dev.tandem.outbox.internal.store.LineKey;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One step after the other: number, send, settle.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
final class RelayWork {
  /** The most lines that are open; while there are as many nothing is numbered. */
  static final int MOST_LINES = 128;

  /** The most lines that go in one round trip, and about the most bytes. */
  private static final int MOST_SENT = 64;

  private static final long MOST_SENT_BYTES = 4L << 20;

  private final Membership membership;
  private final Assigner assigner;
  private final NumberedPublisher publisher;
  private final Refusals refusals;
  private final Settler settler;
  private final RelayMetrics metrics;
  private final Map<LineKey, Line> lines = new LinkedHashMap<>();
  private Set<Integer> toAdopt = new TreeSet<>();
  private boolean moreWaits;

  RelayWork(
      Membership membership,
      Assigner assigner,
      NumberedPublisher publisher,
      Refusals refusals,
      Settler settler,
      RelayMetrics metrics) {
    this.membership = membership;
    this.assigner = assigner;
    this.publisher = publisher;
    this.refusals = refusals;
    this.settler = settler;
    this.metrics = metrics;
  }

  /** Renews leases, and has its share of the partitions. */
  void renew() {
    Set<Integer> busy = new TreeSet<>();
    lines.keySet().forEach(line -> busy.add(line.partition()));
    Membership.Changes changes = membership.renew(busy);
    changes.lost().forEach(this::forget);
    changes.gained().forEach(this::gained);
    metrics.seen(changes.backlog());
    metrics.partitions(membership.mine().size());
  }

  /** Numbers what waits, if there is room. */
  void number() {
    adopt();
    moreWaits = false;
    if (lines.size() >= MOST_LINES || lines.values().stream().anyMatch(line -> !line.isSent())) {
      return; // what was left by others goes first
    }
    Assigner.Assigned assigned = assigner.assign(membership.mine(), lines.keySet());
    assigned.lines().forEach(line -> lines.put(line.key(), line));
    metrics.failed(assigned.failed());
    assigned.strange().forEach(this::forget);
    assigned.strange().forEach(this::gained);
    moreWaits = !assigned.equals(Assigner.Assigned.NOTHING);
  }

  /**
   * Something was thrown. What was to be committed may have been, and a database that failed over
   * may have back what was deleted: looks for messages that have numbers and are in no line.
   */
  void doubt() {
    toAdopt.addAll(membership.mine());
  }

  private void adopt() {
    toAdopt.retainAll(membership.mine());
    if (!toAdopt.isEmpty()) {
      assigner.adopt(toAdopt, lines.keySet()).forEach(line -> lines.put(line.key(), line));
      toAdopt = new TreeSet<>();
    }
  }

  /** Sends what is due. */
  void send() {
    long now = System.nanoTime();
    List<Line> due = new ArrayList<>();
    List<List<NumberedCall>> calls = new ArrayList<>();
    long bytes = 0;
    for (Line line : lines.values()) {
      if (due.size() == MOST_SENT || bytes >= MOST_SENT_BYTES) {
        break;
      }
      if (!line.isSettled() && line.dueNanos() - now <= 0) {
        if (line.isSent()) {
          metrics.resent(line.messages());
        }
        List<NumberedCall> its = line.calls(publisher);
        due.add(line);
        calls.add(its);
        bytes += its.stream().mapToLong(NumberedCall::bytes).sum();
      }
    }
    if (due.isEmpty()) {
      return;
    }
    List<List<Verdict>> verdicts = publisher.send(calls);
    long after = System.nanoTime();
    metrics.round(after - now);
    for (int i = 0; i < due.size(); i++) {
      due.get(i).learn(verdicts.get(i), refusals, after);
    }
  }

  /** Tells the database what is known. */
  void settle() {
    List<Line> known = lines.values().stream().filter(line -> !line.findings().isEmpty()).toList();
    if (!known.isEmpty()) {
      settler.settle(known).forEach(this::lost);
      lines.values().removeIf(line -> line.isSettled() && line.findings().isEmpty());
    }
  }

  private void gained(int partition) {
    assigner.gained(partition);
    toAdopt.add(partition);
  }

  private void lost(int partition) {
    membership.lost(partition);
    forget(partition);
  }

  /** Somebody else has it: who works on behind its back does no harm, but no good either. */
  private void forget(int partition) {
    toAdopt.remove(partition);
    lines.keySet().removeIf(line -> line.partition() == partition);
  }

  /** In how many nanoseconds something is to be done, if nothing comes before. */
  long untilNext(long longest) {
    if (moreWaits && lines.size() < MOST_LINES) {
      return 0;
    }
    long now = System.nanoTime();
    long least = longest;
    for (Line line : lines.values()) {
      least = Math.min(least, line.isSettled() ? 0 : line.dueNanos() - now);
    }
    return Math.max(0, least);
  }

  /** How many messages are open. */
  int open() {
    return lines.values().stream().mapToInt(Line::messages).sum();
  }

  boolean isEmpty() {
    return lines.isEmpty();
  }

  /** What keeps messages from being published, or null. */
  @Nullable MessagingException trouble() {
    MessagingException some = null;
    for (Line line : lines.values()) {
      MessagingException why = line.trouble();
      if (why != null && (some == null || why.code() == ErrorCode.CLOSED)) {
        some = why;
      }
    }
    return some;
  }

  /** Gives everything up; what is open is found by whoever comes next. */
  void leave() {
    membership.leave();
    lines.clear();
    metrics.partitions(0);
  }
}
