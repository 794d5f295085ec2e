package dev.tandem.outbox.internal.send;

import dev.tandem.api.error.MessagingException;
import dev.tandem.hybrid.internal.numbered.NumberedCall;
import dev.tandem.hybrid.internal.numbered.NumberedPublisher;
import dev.tandem.hybrid.internal.numbered.Verdict;
import dev.tandem.hybrid.internal.numbered.Verdict.Outcome;
import dev.tandem.outbox.internal.store.LineKey;
import dev.tandem.tenant.Tenant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The open calls of one tenant in one partition. They are sent, all that are left and in order,
 * until each was executed. Where one is refused for good, or another relay made them, the line is
 * cut: by then each was executed or never will be, whoever still has it on the way, and what was
 * not executed may be numbered anew.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
public final class Line {
  private final LineKey key;
  private final Tenant tenant;
  private final String publisher;
  private final List<OpenCall> open;
  private final Findings findings = new Findings();
  private boolean cutting;
  private boolean sent;
  private int refusals;
  private int outages;
  private long dueNanos;
  private @Nullable MessagingException trouble;
  private @Nullable MessagingException refusal;

  private Line(LineKey key, String publisher, List<OpenCall> open, boolean cutting, long now) {
    this.key = key;
    this.tenant = Tenant.of(key.tenant());
    this.publisher = publisher;
    this.open = new ArrayList<>(open);
    this.cutting = cutting;
    this.dueNanos = now;
  }

  /** Calls that were numbered right now. */
  public static Line fresh(LineKey key, String publisher, List<OpenCall> calls, long now) {
    return new Line(key, publisher, calls, false, now);
  }

  /** Calls that another relay has left. */
  public static Line adopted(LineKey key, String publisher, List<OpenCall> calls, long now) {
    return new Line(key, publisher, calls, true, now);
  }

  /** Whose messages. */
  public LineKey key() {
    return key;
  }

  /** When it is to be sent, if anything is. */
  public long dueNanos() {
    return dueNanos;
  }

  /** Whether there is nothing to send. */
  public boolean isSettled() {
    return open.isEmpty();
  }

  /** What the database is to be told. */
  public Findings findings() {
    return findings;
  }

  /** The database was told. */
  public void told() {
    findings.clear();
  }

  /** How many messages are open. */
  public int messages() {
    return open.stream().mapToInt(call -> call.rows().size()).sum();
  }

  /** What keeps it from being published, or null. */
  public @Nullable MessagingException trouble() {
    return trouble;
  }

  /** Whether it was sent before. */
  public boolean isSent() {
    return sent;
  }

  /** What is to be sent now. */
  public List<NumberedCall> calls(NumberedPublisher calls) {
    sent = true;
    List<NumberedCall> all = new ArrayList<>(open.size());
    long last = open.get(open.size() - 1).number();
    if (cutting) {
      all.add(calls.cut(tenant, publisher, last));
    }
    for (OpenCall one : open) {
      NumberedCall real = one.call();
      if (!cutting && real != null) {
        all.add(real);
      } else if (one.number() != last) {
        all.add(calls.cut(tenant, publisher, one.number())); // asks only: it is behind the cut
      }
    }
    return all;
  }

  /** What became of {@link #calls}. */
  public void learn(List<Verdict> verdicts, Refusals refused, long now) {
    if (cutting) {
      learnCut(verdicts, refused, now);
      return;
    }
    for (Verdict verdict : verdicts) {
      OpenCall head = open.get(0);
      if (verdict.outcome() != Outcome.PUBLISHED) {
        stopped(head, verdict, refused, now);
        return;
      }
      open.remove(0);
      findings.published().addAll(head.rows());
      refused.gotThrough(key, head);
      progressed();
    }
  }

  private void progressed() {
    refusals = 0;
    outages = 0;
    trouble = null;
  }

  private void stopped(OpenCall head, Verdict verdict, Refusals refused, long now) {
    MessagingException why = verdict.why();
    if (verdict.outcome() == Outcome.CUT_OFF) {
      cutting = true; // by a relay that has the partition now, or had it
      dueNanos = now;
    } else if (verdict.outcome() == Outcome.NOT_YET || why == null || Refusals.isOutage(why)) {
      away(why, refused, now);
    } else {
      trouble = why;
      refusal = why;
      refusals++;
      cutting = !refused.allowAnother(key, head, why, refusals);
      dueNanos = cutting ? now : now + refused.pauseAfterRefusal(refusals);
    }
  }

  private void away(@Nullable MessagingException why, Refusals refused, long now) {
    outages++;
    trouble = why == null ? trouble : why;
    dueNanos = now + refused.pauseAfterOutage(outages);
  }

  private void learnCut(List<Verdict> verdicts, Refusals refused, long now) {
    for (Verdict verdict : verdicts) {
      if (verdict.outcome() != Outcome.PUBLISHED && verdict.outcome() != Outcome.CUT_OFF) {
        away(verdict.why(), refused, now);
        return;
      }
    }
    for (int i = 0; i < open.size(); i++) {
      // The verdict on the last one came first.
      Verdict verdict = verdicts.get(i == open.size() - 1 ? 0 : i + 1);
      OpenCall call = open.get(i);
      if (verdict.outcome() == Outcome.PUBLISHED) {
        findings.published().addAll(call.rows());
      } else if (i == 0 && refusals > 0) {
        giveUp(call, refused);
      } else {
        findings.released().addAll(call.rows());
      }
    }
    open.clear();
    trouble = null;
  }

  private void giveUp(OpenCall call, Refusals refused) {
    MessagingException why = refusal;
    if (call.rows().size() > 1 && (why == null || !Refusals.isOfPlace(why))) {
      findings.alone().addAll(call.rows());
      return;
    }
    refused.setAside(key, call);
    String reason = why == null ? "refused" : why.code() + ": " + why.getMessage();
    call.rows().forEach(row -> findings.failed().put(row, reason));
  }
}
