package dev.tandem.pubsub.presence;

import dev.tandem.api.internal.Require;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who is there, by what was heard.
 *
 * <p>Others are judged only when our own heartbeat comes back, the same way as theirs; when that
 * took too long, we heard nobody, and all are taken as heard at that moment. So a lost connection
 * or a pause of this process makes nobody appear lost, and no clock of another machine matters.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
final class MemberTable {
  private static final int MOST_GONE = 1_000;
  private static final long LONGEST_INTERVAL = Duration.ofHours(1).toMillis();

  private final Member self;
  private final Duration interval;
  private final int missed;
  private final int most;
  private final Map<String, Known> byRun = new LinkedHashMap<>();
  private final Set<String> gone = new LinkedHashSet<>();
  private @Nullable Long lastEchoNanos;

  /** Another member, and when it was heard, by our monotonic clock. */
  private static final class Known {
    private final Member member;
    private long heardAt;
    private long intervalNanos;

    Known(Member member) {
      this.member = member;
    }
  }

  /** What happened to a member. */
  enum Kind {
    JOINED,
    LEFT,
    LOST
  }

  /** One change. */
  record Change(Kind kind, Member member) {}

  MemberTable(Member self, Duration interval, int missed, int most) {
    this.self = self;
    this.interval = interval;
    this.missed = missed;
    this.most = most;
  }

  /** A member has started: it replaces one of the same instance. */
  List<Change> started(Member member, long intervalMillis, long nowNanos) {
    List<Change> changes = new ArrayList<>();
    Iterator<Known> all = byRun.values().iterator();
    while (all.hasNext()) {
      Member before = all.next().member;
      if (before.instanceId().equals(member.instanceId()) && !before.run().equals(member.run())) {
        all.remove();
        forget(before);
        changes.add(new Change(Kind.LOST, before));
      }
    }
    changes.addAll(beaten(member, intervalMillis, nowNanos));
    return changes;
  }

  /** A member was heard. */
  List<Change> beaten(Member member, long intervalMillis, long nowNanos) {
    if (member.run().equals(self.run()) || gone.contains(member.run())) {
      return List.of();
    }
    List<Change> changes = List.of();
    Known known = byRun.get(member.run());
    if (known == null) {
      Require.inRange("number of members", byRun.size() + 2, 1, most);
      known = new Known(member);
      byRun.put(member.run(), known);
      changes = List.of(new Change(Kind.JOINED, member));
    }
    known.heardAt = nowNanos;
    known.intervalNanos =
        Duration.ofMillis(Math.max(1, Math.min(intervalMillis, LONGEST_INTERVAL))).toNanos();
    return changes;
  }

  /** A member says that it stops. */
  List<Change> stopped(Member member) {
    forget(member);
    Known known = byRun.remove(member.run());
    return known == null ? List.of() : List.of(new Change(Kind.LEFT, known.member));
  }

  /** Nothing that is still on its way makes it a member again. */
  private void forget(Member member) {
    gone.add(member.run());
    if (gone.size() > MOST_GONE) {
      gone.remove(gone.iterator().next());
    }
  }

  /** Our own heartbeat came back at this time of the monotonic clock. */
  List<Change> echoed(long nowNanos) {
    Long before = lastEchoNanos;
    lastEchoNanos = nowNanos;
    if (before == null) {
      return List.of();
    }
    if (nowNanos - before > 2 * interval.toNanos()) {
      byRun.values().forEach(known -> known.heardAt = nowNanos);
      return List.of();
    }
    List<Change> changes = new ArrayList<>();
    Iterator<Known> all = byRun.values().iterator();
    while (all.hasNext()) {
      Known known = all.next();
      long longer = Math.max(known.intervalNanos, interval.toNanos());
      if (nowNanos - known.heardAt > missed * longer) {
        all.remove();
        changes.add(new Change(Kind.LOST, known.member));
      }
    }
    return changes;
  }

  /** Whether our own heartbeat came back lately. */
  boolean isListening(long nowNanos) {
    Long last = lastEchoNanos;
    return last != null && nowNanos - last <= 2 * interval.toNanos();
  }

  /** Ourselves, then the others in the order in which they came to be known. */
  List<Member> members() {
    List<Member> all = new ArrayList<>();
    all.add(self);
    byRun.values().forEach(known -> all.add(known.member));
    return Collections.unmodifiableList(all);
  }
}
