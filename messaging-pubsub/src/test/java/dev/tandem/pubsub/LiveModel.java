package dev.tandem.pubsub;

import dev.tandem.api.Gap;
import dev.tandem.api.Position;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What a channel has been through: what was published where, and what was done to it. Decides which
 * gaps have a ground.
 */
final class LiveModel {
  private final int maxMessages;

  /** By the position in the receipt; a nonce tells apart what a rollback replaced. */
  private final Map<Position, String> published = new ConcurrentHashMap<>();

  /** Payloads whose publisher was not told what became of them. */
  private final Set<String> unknown = ConcurrentHashMap.newKeySet();

  /** In the order in which anything was published in them. */
  private final Set<String> epochs = new CopyOnWriteArraySet<>();

  private final Set<Position> rolledBack = new HashSet<>();
  private int lostLogs;
  private int lostBuffers;

  LiveModel(int maxMessages) {
    this.maxMessages = maxMessages;
  }

  void published(Position at, String payload) {
    epochs.add(at.epoch());
    published.put(at, payload);
  }

  void unknown(String payload) {
    unknown.add(payload);
  }

  /** The channel is about to lose its log, if it has one. */
  void losesLog() {
    lostLogs++;
  }

  /** The channel is about to lose its stored messages, and nothing else. */
  void losesBuffer() {
    lostBuffers++;
  }

  /** What was published at these positions, and acknowledged, was taken back. */
  void rolledBack(Set<Position> positions) {
    rolledBack.addAll(positions);
  }

  Map<Position, String> published() {
    return published;
  }

  /** Whether this payload may have been delivered with this position. */
  boolean mayBe(Position at, String payload) {
    String known = published.get(at);
    return known == null ? unknown.contains(payload) : known.equals(payload);
  }

  /** Whether a message like this may follow for a subscription that ended there. */
  boolean mayComeBehind(@Nullable Position end, Predicate<String> payload) {
    if (end == null) {
      return true;
    }
    List<String> order = List.copyOf(epochs);
    int last = order.indexOf(end.epoch());
    return unknown.stream().anyMatch(payload)
        || published.entrySet().stream()
            .filter(
                one ->
                    one.getKey().epoch().equals(end.epoch())
                        ? one.getKey().version() > end.version()
                        : last >= 0 && order.indexOf(one.getKey().epoch()) > last)
            .anyMatch(one -> payload.test(one.getValue()));
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

  /** What is wrong with the gaps of a subscription: empty if each has a ground. */
  List<String> groundless(List<Gap> gaps) {
    Set<String> logs = new HashSet<>();
    int unexplained = 0;
    List<String> wrong = new ArrayList<>();
    for (Gap gap : gaps) {
      Position from = gap.from();
      logs.add(gap.resumesAt().epoch());
      if (from == null) {
        wrong.add("no beginning: " + gap);
        continue;
      }
      logs.add(from.epoch());
      boolean sameLog = from.epoch().equals(gap.resumesAt().epoch());
      switch (gap.reason()) {
        case TRIMMED -> {
          if (!sameLog || gap.resumesAt().version() <= from.version()) {
            wrong.add("nothing between: " + gap);
          } else if (top(from.epoch()) < gap.resumesAt().version() + maxMessages) {
            unexplained++;
          }
        }
        case EPOCH_CHANGED -> {
          if (sameLog) {
            wrong.add("the same log: " + gap);
          }
        }
        case ROLLED_BACK -> {
          if (!rolledBack.contains(from)) {
            wrong.add("never taken back: " + gap);
          }
        }
        case TOO_FAR -> wrong.add("not too far: " + gap);
      }
    }
    if (unexplained > lostBuffers) {
      wrong.add(unexplained + " times trimmed, buffer lost " + lostBuffers + " times: " + gaps);
    }
    if (logs.size() > lostLogs + 1) {
      wrong.add(logs + " are " + logs.size() + " logs, but lost " + lostLogs);
    }
    return wrong;
  }

  private long top(String epoch) {
    return published.keySet().stream()
        .filter(at -> at.epoch().equals(epoch))
        .mapToLong(Position::version)
        .max()
        .orElse(0);
  }
}
