package dev.tandem.pubsub;

import dev.tandem.api.Gap;
import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import dev.tandem.pubsub.LiveModel.Then;
import dev.tandem.pubsub.LiveModel.Told;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whether each gap of a subscription had a ground when it was told, and skipped no more. */
final class Grounds {
  private final LiveModel model;
  private final int maxReplay;

  /** Of a subscription that wants so much replayed. */
  Grounds(LiveModel model, int maxReplay) {
    this.model = model;
    this.maxReplay = maxReplay;
  }

  /** What is wrong: empty if each has a ground. */
  List<String> missing(List<Told> gaps) {
    List<String> wrong = new ArrayList<>();
    List<String> logs = new ArrayList<>();
    for (Told told : gaps) {
      Gap gap = told.gap();
      String why = wrongWith(gap, told.then());
      if (why != null) {
        wrong.add(why + ": " + gap);
      }
      Position from = gap.from();
      if (from != null && logs.isEmpty()) {
        logs.add(from.epoch());
      }
      String now = gap.resumesAt().epoch();
      if (logs.isEmpty() || !logs.get(logs.size() - 1).equals(now)) {
        if (logs.contains(now)) {
          wrong.add("back in a log that was left: " + gap);
        }
        logs.add(now);
      }
      if (logs.size() > told.then().logsLost() + 1) {
        wrong.add(logs + ", but lost " + told.then().logsLost() + " times: " + gap);
      }
    }
    return wrong;
  }

  private @Nullable String wrongWith(Gap gap, Then then) {
    Position from = gap.from();
    Position to = gap.resumesAt();
    if (from == null) {
      boolean isAllTooFar =
          gap.reason() == GapReason.TOO_FAR
              ? to.version() > maxReplay
              : then.heads().anyAbove(maxReplay); // joined with one that was
      return isAllTooFar ? null : "no beginning";
    }
    boolean sameLog = from.epoch().equals(to.epoch());
    long trimmed = model.trimmedUpTo(to.epoch(), then);
    boolean isTooMuchStored = then.heads().most(to.epoch()) > maxReplay;
    boolean goesOnAtOnce = to.version() <= Math.max(0, trimmed) || isTooMuchStored;
    return switch (gap.reason()) {
      case TRIMMED -> {
        if (!sameLog || to.version() <= from.version()) {
          yield "nothing between";
        }
        yield from.version() < trimmed && goesOnAtOnce ? null : "trimmed up to " + trimmed;
      }
      case EPOCH_CHANGED -> {
        if (!model.mayFollow(from.epoch(), to.epoch())) {
          yield "not a later log";
        }
        boolean mayBeHead = goesOnAtOnce || model.wasRolledBack();
        yield mayBeHead ? null : "more is stored, trimmed up to " + trimmed;
      }
      case ROLLED_BACK -> model.isRolledBack(from) ? null : "never taken back";
      case TOO_FAR -> sameLog && to.version() - from.version() > maxReplay ? null : "not too far";
    };
  }
}
