package dev.tandem.streams.internal.produce;

import dev.tandem.api.error.MessagingException;
import dev.tandem.tenant.internal.quota.QuotaGate;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lets entries pass that their tenants' quotas allow. Entries for one stream that stand together
 * are asked for together.
 *
 * <p>Thread safety: not safe for use by many threads; the sending thread's.
 */
final class Admission {
  private final QuotaGate gate;

  Admission(QuotaGate gate) {
    this.gate = gate;
  }

  /**
   * An entry that may not be appended.
   *
   * @param why what says so
   */
  record Refused(Outgoing entry, MessagingException why) {}

  /**
   * What became of some entries.
   *
   * @param admitted those that may be appended, in order
   * @param refused those that may not
   */
  record Result(List<Outgoing> admitted, List<Refused> refused) {}

  /** Asks for these entries. */
  Result ask(List<Outgoing> entries) {
    return ask(entries, false);
  }

  /** Asks for these entries; leaves alone what is behind the first that is refused. */
  Result askForFirst(List<Outgoing> entries) {
    return ask(entries, true);
  }

  private Result ask(List<Outgoing> entries, boolean endsAtRefusal) {
    List<Outgoing> admitted = new ArrayList<>(entries.size());
    List<Refused> refused = new ArrayList<>(0);
    int from = 0;
    while (from < entries.size() && (refused.isEmpty() || !endsAtRefusal)) {
      int to = from + 1;
      while (to < entries.size() && belongTogether(entries.get(from), entries.get(to))) {
        to++;
      }
      ask(entries.subList(from, to), admitted, refused, endsAtRefusal);
      from = to;
    }
    return new Result(admitted, refused);
  }

  private static boolean belongTogether(Outgoing one, Outgoing other) {
    return one.keys() == other.keys() && one.isAdmitted() == other.isAdmitted();
  }

  private void ask(
      List<Outgoing> run, List<Outgoing> admitted, List<Refused> refused, boolean endsAtRefusal) {
    if (run.get(0).isAdmitted() || refusal(run) == null) {
      run.forEach(entry -> entry.admitted(true));
      admitted.addAll(run);
      return;
    }
    for (Outgoing entry : run) {
      MessagingException why = refusal(List.of(entry));
      if (why == null) {
        entry.admitted(true);
        admitted.add(entry);
      } else {
        refused.add(new Refused(entry, why));
        if (endsAtRefusal) {
          return;
        }
      }
    }
  }

  private @Nullable MessagingException refusal(List<Outgoing> run) {
    Outgoing first = run.get(0);
    long bytes = 0;
    int largest = 0;
    for (Outgoing entry : run) {
      bytes += entry.bytes();
      largest = Math.max(largest, entry.payloadBytes());
    }
    return gate.stream(first.tenant(), first.keys(), first.topic(), run.size(), bytes, largest);
  }

  /** The outcome of these is known, as far as it ever will be; of those that were admitted. */
  void settled(List<Outgoing> entries, boolean isAppended) {
    int from = 0;
    while (from < entries.size()) {
      Outgoing first = entries.get(from);
      int to = from;
      long bytes = 0;
      while (to < entries.size() && belongTogether(first, entries.get(to))) {
        bytes += entries.get(to).bytes();
        to++;
      }
      if (first.isAdmitted()) {
        gate.settled(first.keys(), to - from, bytes, isAppended);
        entries.subList(from, to).forEach(entry -> entry.admitted(false));
      }
      from = to;
    }
  }

  /** An entry fails for this reason. */
  void refused(MessagingException why) {
    gate.refused(why, 1);
  }

  /** Nothing is to be done for now. */
  void rest() {
    gate.giveBack();
  }
}
