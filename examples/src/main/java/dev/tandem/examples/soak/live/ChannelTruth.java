package dev.tandem.examples.soak.live;

import dev.tandem.api.Position;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One channel: its logs, what its publishers were told, and what each subscriber was told. Not
 * thread-safe.
 */
final class ChannelTruth {
  /** Publishers take turns in the numbers; the last place is for closing words. */
  private static final int STRIDE = LiveScenery.PUBLISHERS + 1;

  private final String name;
  private final int maxMessages;
  private final Complaints complaints;
  private final Map<String, EpochLog> logs = new HashMap<>();
  private final List<View> views = new ArrayList<>();
  private final int[] issued = new int[STRIDE];
  private final BitSet refused = new BitSet();
  private final BitSet receipted = new BitSet();
  private int logLosses;
  private int bufferLosses;

  ChannelTruth(String name, int maxMessages, Complaints complaints) {
    this.name = name;
    this.maxMessages = maxMessages;
    this.complaints = complaints;
    for (int i = 0; i < LiveScenery.SUBSCRIBERS; i++) {
      views.add(new View("subscriber " + (i + 1) + " on " + name, i, complaints));
    }
  }

  View view(int subscriber) {
    return views.get(subscriber);
  }

  /** The next number of a publisher. */
  int issue(int publisher) {
    return Math.addExact(Math.multiplyExact(issued[publisher]++, STRIDE), publisher);
  }

  void published(int number, Position at) {
    receipted.set(number);
    claim(number, at);
  }

  void refused(int number) {
    refused.set(number);
  }

  /** The whole log is about to be lost, if there is one. */
  void losesLog() {
    logLosses++;
  }

  /** The stored messages are about to be lost. */
  void losesBuffer() {
    bufferLosses++;
  }

  void delivered(int subscriber, int number, Position at) {
    if (number < 0 || number / STRIDE >= issued[number % STRIDE]) {
      complaints.add("number %d was never published on %s", number, name);
    }
    views.get(subscriber).message(at, claim(number, at));
  }

  private EpochLog claim(int number, Position at) {
    EpochLog log = logs.computeIfAbsent(at.epoch(), unused -> new EpochLog());
    if (at.version() < 1 || !log.claim(at.version(), number)) {
      complaints.add("%s on %s is number %d, and another one", at, name, number);
    }
    return log;
  }

  /** How many messages are known to have been in it. */
  long count() {
    return logs.values().stream().mapToLong(EpochLog::count).sum();
  }

  /** Judges, once the channel has come to its end. */
  void judge(@Nullable Position head, Verdict.Sum sum) {
    if (head == null) {
      complaints.add("%s has no log at the end", name);
    } else {
      logs.computeIfAbsent(head.epoch(), unused -> new EpochLog()).reaches(head.version());
    }
    if (logs.size() > logLosses + 1) {
      complaints.add("%s had %d logs, but lost %d", name, logs.size(), logLosses);
    }
    logs.forEach((epoch, log) -> judge(epoch, log, head, sum));
    for (View view : views) {
      sum.add(view);
      judgeTrims(view);
      if (head != null && !head.equals(view.at())) {
        complaints.add("%s ends at %s, but the channel at %s", view, view.at(), head);
      }
    }
  }

  private void judge(String epoch, EpochLog log, @Nullable Position head, Verdict.Sum sum) {
    boolean isLast = head == null || head.epoch().equals(epoch);
    views.forEach(view -> sum.addSilentHoles(view.holes(epoch, log, isLast)));
    log.forEachRepeated(
        version -> {
          complaints.add("number %d is in log %s of %s twice", log.number(version), epoch, name);
          sum.addDuplicates(views.stream().filter(view -> view.saw(log, version)).count());
        });
    int[] last = new int[STRIDE];
    Arrays.fill(last, -1);
    for (int version = 1; version <= log.top(); version++) {
      int number = log.number(version);
      if (number < 0) {
        continue;
      }
      if (refused.get(number)) {
        complaints.add("number %d on %s was refused, but is there", number, name);
      }
      // Where a reply was lost, nobody has promised an order.
      if (receipted.get(number)) {
        if (number < last[number % STRIDE]) {
          complaints.add("number %d on %s comes after %d", number, name, last[number % STRIDE]);
          sum.addOutOfOrder(1);
        }
        last[number % STRIDE] = number;
      }
    }
  }

  /** Each gap that trimming by count does not explain needs a lost buffer of its own. */
  private void judgeTrims(View view) {
    long unexplained =
        view.trims().stream()
            .filter(
                at ->
                    logs.getOrDefault(at.epoch(), new EpochLog()).top()
                        < at.version() + maxMessages)
            .count();
    if (unexplained > bufferLosses) {
      complaints.add(
          "%s was told %d times that something was trimmed that was not", view, unexplained);
    }
  }
}
