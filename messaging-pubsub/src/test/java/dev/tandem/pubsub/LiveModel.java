package dev.tandem.pubsub;

import dev.tandem.api.Gap;
import dev.tandem.api.Position;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What a channel has been through: what was published where and when, and what was done to it.
 * Whatever is asked of it holds for the moment at which somebody was told something, not for the
 * end of the run. A moment is a number that grows with each publish and each loss.
 *
 * <p>Thread safety: safe for use by many threads, but for losses, of which one happens at a time.
 */
final class LiveModel {
  private final int maxMessages;

  /** By the position in the receipt; a nonce tells apart what a rollback replaced. */
  private final Map<Position, Known> published = new ConcurrentHashMap<>();

  /** Where each payload was acknowledged. */
  private final Map<String, Position> places = new ConcurrentHashMap<>();

  /** Payloads whose publisher was not told what became of them. */
  private final Set<String> unknown = ConcurrentHashMap.newKeySet();

  /** The highest version that was acknowledged, by epoch. */
  private final Map<String, Long> tops = new ConcurrentHashMap<>();

  private final Map<String, Age> ages = new ConcurrentHashMap<>();
  private final Set<Position> rolledBack = ConcurrentHashMap.newKeySet();
  private final List<LostBuffer> lostBuffers = new CopyOnWriteArrayList<>();
  private final AtomicLong moments = new AtomicLong();

  /** Messages that may be stored without our knowing where. */
  private final AtomicInteger unaccounted = new AtomicInteger();

  private final AtomicInteger logLossesBegun = new AtomicInteger();
  private final AtomicInteger logLossesDone = new AtomicInteger();

  LiveModel(int maxMessages) {
    this.maxMessages = maxMessages;
  }

  /** A message, and when its publishing began. */
  private record Known(String payload, long began) {}

  /** An attempt to publish: when it began, and how many logs were lost for certain before that. */
  record Attempt(long moment, int logsLost) {}

  /** No message bears a higher version than this, by epoch. */
  record Heads(Map<String, Long> tops, int unaccounted) {
    long most(String epoch) {
      return tops.getOrDefault(epoch, 0L) + unaccounted;
    }

    /** Whether a log may have held more messages than this. */
    boolean anyAbove(int messages) {
      return unaccounted + tops.values().stream().reduce(0L, Math::max) > messages;
    }
  }

  /** What was true when a subscription was given something. */
  record Then(long moment, Heads heads, int logsLost) {}

  /** A gap, and what was true when it was told. */
  record Told(Gap gap, Then then) {}

  /** The stored messages were lost, up to these at most. */
  private record LostBuffer(long moment, Heads upTo) {}

  /** After how many losses a log began: at least and at most. */
  private record Age(int least, int most) {
    Age and(Age other) {
      return new Age(Math.max(least, other.least), Math.min(most, other.most));
    }
  }

  /** A message is about to be published. */
  Attempt begin() {
    unaccounted.incrementAndGet();
    return new Attempt(moments.incrementAndGet(), logLossesDone.get());
  }

  /** It was acknowledged. */
  void published(Attempt attempt, Position at, String payload) {
    ages.merge(at.epoch(), new Age(attempt.logsLost, logLossesBegun.get()), Age::and);
    places.put(payload, at);
    published.put(at, new Known(payload, attempt.moment));
    tops.merge(at.epoch(), at.version(), Math::max);
    unaccounted.decrementAndGet();
  }

  /** It was not, and may be stored or not. */
  void unknown(String payload) {
    unknown.add(payload);
  }

  /** It was not stored. */
  void notPublished() {
    unaccounted.decrementAndGet();
  }

  /** Loses the channel's log, if it has one. */
  void losesLog(Runnable loss) {
    logLossesBegun.incrementAndGet();
    moments.incrementAndGet();
    loss.run();
    logLossesDone.incrementAndGet();
  }

  /** Loses the channel's stored messages, and nothing else. */
  void losesBuffer(Runnable loss) {
    long moment = moments.incrementAndGet();
    loss.run();
    lostBuffers.add(new LostBuffer(moment, heads()));
  }

  /** What was published at these positions, and acknowledged, was taken back. */
  void rolledBack(Set<Position> positions) {
    rolledBack.addAll(positions);
  }

  /** The positions of all that was acknowledged. */
  Set<Position> published() {
    return published.keySet();
  }

  /** What was published there, if anything. */
  @Nullable String payload(Position at) {
    Known known = published.get(at);
    return known == null ? null : known.payload;
  }

  /**
   * Whether what was acknowledged there was published after that moment, from the first step on.
   */
  boolean isYounger(Position at, long moment) {
    Known known = published.get(at);
    return known != null && known.began > moment;
  }

  /** The moment at which the last publish or loss began. */
  long moment() {
    return moments.get();
  }

  /** What is true now. */
  Then now() {
    return new Then(moment(), heads(), logLossesBegun.get());
  }

  private Heads heads() {
    int more = unaccounted.get(); // first: what is acknowledged meanwhile counts twice, not never
    return new Heads(Map.copyOf(tops), more);
  }

  /** No message above this version of that log had been trimmed or lost then. */
  long trimmedUpTo(String epoch, Then then) {
    long byNumber = then.heads.most(epoch) - maxMessages;
    return lostBuffers.stream()
        .filter(lost -> lost.moment <= then.moment)
        .mapToLong(lost -> lost.upTo.most(epoch))
        .reduce(byNumber, Math::max);
  }

  /**
   * Whether this payload may have been delivered with this position: it was acknowledged there, or
   * nobody knows, or it was published again because that log was lost, or taken back to before it,
   * before the reply came.
   */
  boolean mayBe(Position at, String payload) {
    String known = payload(at);
    if (known != null) {
      return known.equals(payload);
    }
    Position again = places.get(payload);
    return unknown.contains(payload)
        || (again != null && (mayFollow(at.epoch(), again.epoch()) || isRolledBack(at)));
  }

  /** Whether a message like this may follow for a subscription that ended there. */
  boolean mayComeBehind(@Nullable Position end, Predicate<String> payload) {
    if (end == null) {
      return true;
    }
    return unknown.stream().anyMatch(payload)
        || published.entrySet().stream()
            .filter(
                one ->
                    one.getKey().epoch().equals(end.epoch())
                        ? one.getKey().version() > end.version()
                        : mayFollow(end.epoch(), one.getKey().epoch()))
            .anyMatch(one -> payload.test(one.getValue().payload));
  }

  /**
   * Whether a log may be a later one; not if it certainly began before the other one or with it.
   */
  boolean mayFollow(String epoch, String later) {
    Age one = ages.get(epoch);
    Age other = ages.get(later);
    return !epoch.equals(later) && (one == null || other == null || other.most > one.least);
  }

  /** How many messages were published in the largest frame. */
  long largestFrame() {
    Map<String, Integer> sizes = new HashMap<>();
    published.keySet().forEach(at -> sizes.merge(at.epoch() + at.nonce(), 1, Integer::sum));
    return sizes.values().stream().mapToInt(size -> size).max().orElse(0);
  }

  /** Whether what was published there was taken back. */
  boolean isRolledBack(Position at) {
    return rolledBack.contains(at);
  }

  /** Whether anything was taken back. */
  boolean wasRolledBack() {
    return !rolledBack.isEmpty();
  }

  /** A gap is told now. */
  Told told(Gap gap) {
    return new Told(gap, now());
  }
}
