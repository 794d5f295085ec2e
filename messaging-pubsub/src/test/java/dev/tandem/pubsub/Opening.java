package dev.tandem.pubsub;

import dev.tandem.api.Gap;
import dev.tandem.api.Position;
import dev.tandem.pubsub.LiveModel.Then;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a subscription to one channel began, and what it is owed from there. Whatever was published
 * after it became active must be given, or be in a gap, wherever it began. One from the beginning
 * is owed all that was stored, too.
 */
final class Opening {
  private final LiveModel model;
  private volatile boolean fromOldest;
  private volatile long active = Long.MAX_VALUE;
  private @Nullable First first;

  /**
   * The place before the first that was given, and what was true then.
   *
   * @param mark the first message, or where the gap began, or where it ended with nothing given
   */
  private record First(String epoch, long after, Then then, @Nullable Position mark) {}

  /** What was published after one version and up to another one. */
  record Stretch(String epoch, long after, long upTo) {}

  Opening(LiveModel model, boolean fromOldest) {
    this.model = model;
    this.fromOldest = fromOldest;
  }

  /** The subscription has become active. */
  void active() {
    active = model.moment();
  }

  /** It ended before it began, and one that begins now takes its place. */
  void beginsNow() {
    fromOldest = false;
    active = Long.MAX_VALUE;
  }

  /** A message is given. */
  void message(Position at) {
    if (first == null) {
      first = new First(at.epoch(), at.version() - 1, model.now(), at);
    }
  }

  /** A gap is given. */
  void gap(Gap gap) {
    if (first == null) {
      Position from = gap.from();
      first =
          from == null
              ? new First(gap.resumesAt().epoch(), 0, model.now(), null)
              : new First(from.epoch(), from.version(), model.now(), from);
    }
  }

  private @Nullable First first(@Nullable Position end) {
    if (first != null || end == null) {
      return first;
    }
    return new First(end.epoch(), end.version(), model.now(), end);
  }

  /**
   * What is owed before the first that was given, or before the end if nothing was; maybe empty.
   */
  @Nullable Stretch missed(@Nullable Position end) {
    First begin = first(end);
    if (begin == null) {
      return null;
    }
    long lowest =
        owed(begin).stream()
            .filter(at -> at.epoch().equals(begin.epoch))
            .mapToLong(at -> at.version() - 1)
            .reduce(begin.after, Math::min);
    return new Stretch(begin.epoch, lowest, begin.after);
  }

  /** What is owed of logs that were lost before the first that was given. */
  List<String> missedLogs(@Nullable Position end) {
    First begin = first(end);
    List<String> missed = new ArrayList<>();
    if (begin != null) {
      for (Position at : owed(begin)) {
        boolean isEarlier =
            !at.epoch().equals(begin.epoch) && !model.mayFollow(begin.epoch, at.epoch());
        if (isEarlier) {
          missed.add("began in " + begin.epoch + " and never got " + at);
        }
      }
    }
    return missed;
  }

  private List<Position> owed(First begin) {
    if (begin.mark != null && model.isRolledBack(begin.mark)) {
      return List.of(); // other messages bear the versions before it now
    }
    long stored = fromOldest ? model.trimmedUpTo(begin.epoch, begin.then) : Long.MAX_VALUE;
    return model.published().stream()
        .filter(at -> !model.isRolledBack(at))
        .filter(
            at ->
                model.isYounger(at, active)
                    || (at.epoch().equals(begin.epoch) && at.version() > stored))
        .toList();
  }
}
