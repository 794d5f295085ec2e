package dev.tandem.streams.internal.work;

import dev.tandem.streams.internal.group.Lease;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Deliveries that wait for the one before them, in the order of the stream. For one thread. */
final class Lane {
  private static final Comparator<Lease> BY_ID =
      Comparator.comparing(Lease::messageId).thenComparing(Lease::id);

  private final String key;
  private final ArrayDeque<Lease> waiting = new ArrayDeque<>();

  /** A lane whose first delivery is on its way. */
  Lane(String key) {
    this.key = key;
  }

  String key() {
    return key;
  }

  void add(Lease lease) {
    Lease last = waiting.peekLast();
    if (last == null || BY_ID.compare(last, lease) <= 0) {
      waiting.add(lease);
      return;
    }
    // Only what comes back, from a dead worker, a lost reply or the dead letters, lies behind what
    // is
    // here already.
    List<Lease> all = new ArrayList<>(waiting);
    all.add(lease);
    all.sort(BY_ID);
    waiting.clear();
    waiting.addAll(all);
  }

  @Nullable Lease poll() {
    return waiting.poll();
  }
}
