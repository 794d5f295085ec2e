package dev.tandem.pubsub;

import dev.tandem.api.Gap;
import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Each message must follow the one before it, or a gap that resumes right before it. */
final class WitnessOfAll implements Witness {
  private final List<String> breaches = new CopyOnWriteArrayList<>();
  private final List<LiveModel.Told> gaps = new CopyOnWriteArrayList<>();
  private final LiveModel model;
  private final Grounds grounds;
  private final @Nullable Opening opening;
  private final List<Span> spans = new ArrayList<>();
  private final Map<Position, String> got = new HashMap<>();
  private final Map<String, Taken> places = new HashMap<>();
  private int rollbacks;
  private volatile @Nullable Position last;

  /** What it was given without a gap: all after one version up to another one. */
  private record Span(String epoch, long after, long upTo) {
    boolean covers(Position at) {
      return at.epoch().equals(epoch) && after < at.version() && at.version() <= upTo;
    }

    /** What remains of it: what it was given beyond that place is no longer what is there. */
    Span takenBackTo(Position at) {
      return at.epoch().equals(epoch) ? new Span(epoch, after, Math.min(upTo, at.version())) : this;
    }
  }

  /** Where a payload was given, and how often the log had been taken back before that. */
  private record Taken(String epoch, int rollbacks) {}

  /** Begins at the position of these options, or where it is owed to begin. */
  WitnessOfAll(LiveModel model, SubscribeOptions options) {
    Position start = options.startPosition();
    this.model = model;
    this.grounds = new Grounds(model, options.mostReplayed());
    this.last = start;
    boolean fromOldest = options.beginning() == SubscribeOptions.Beginning.OLDEST;
    this.opening = start == null ? new Opening(model, fromOldest) : null;
  }

  @Override
  public void active() {
    if (opening != null) {
      opening.active();
    }
  }

  @Override
  public void beginsNow() {
    if (opening != null) {
      opening.beginsNow();
    }
  }

  @Override
  public void message(Position at, String payload) {
    if (opening != null) {
      opening.message(at);
    }
    Position before = last;
    if (before != null
        && !(at.epoch().equals(before.epoch()) && at.version() == before.version() + 1)) {
      breaches.add(at + " after " + before);
    }
    if (got.put(at, payload) != null) {
      breaches.add("twice: " + at);
    }
    Taken place = new Taken(at.epoch(), rollbacks);
    if (place.equals(places.put(payload, place))) {
      breaches.add(payload + " again at " + at);
    }
    extend(at);
    last = at;
  }

  private void extend(Position at) {
    int end = spans.size() - 1;
    boolean goesOn =
        end >= 0
            && spans.get(end).epoch.equals(at.epoch())
            && spans.get(end).upTo == at.version() - 1;
    if (goesOn) {
      spans.set(end, new Span(at.epoch(), spans.get(end).after, at.version()));
    } else {
      spans.add(new Span(at.epoch(), at.version() - 1, at.version()));
    }
  }

  @Override
  public void gap(Gap gap) {
    if (opening != null) {
      opening.gap(gap);
    }
    Position before = last;
    if (before != null && !before.equals(gap.from())) {
      breaches.add("gap from " + gap.from() + " while at " + before);
    }
    gaps.add(model.told(gap));
    last = gap.resumesAt();
    if (gap.reason() == GapReason.ROLLED_BACK) {
      rollbacks++;
      spans.replaceAll(span -> span.takenBackTo(gap.resumesAt()));
    }
  }

  @Override
  public void breach(String what) {
    breaches.add(what);
  }

  @Override
  public List<Gap> gaps() {
    return gaps.stream().map(LiveModel.Told::gap).toList();
  }

  @Override
  public int count() {
    return got.size();
  }

  @Override
  public @Nullable Position last() {
    return last;
  }

  /** Whether a gap says that what it knew under this version was taken back. */
  private boolean wasToldOfRollback(Position at) {
    return gaps().stream()
        .anyMatch(
            gap ->
                gap.reason() == GapReason.ROLLED_BACK
                    && gap.resumesAt().epoch().equals(at.epoch())
                    && at.version() <= gap.resumesAt().version());
  }

  /** Whether it ended, closed, at a place that was taken back. */
  private boolean endedBeforeItCouldBeTold() {
    Position end = last;
    return end != null && model.isRolledBack(end);
  }

  @Override
  public List<String> breaches(@Nullable Position end) {
    List<String> all = new ArrayList<>(breaches);
    got.forEach(
        (at, payload) -> {
          if (!model.mayBe(at, payload)) {
            all.add(payload + " at " + at + ", where " + model.payload(at) + " is");
          }
        });
    for (Position at : model.published()) {
      if (!got.containsKey(at)
          && !model.isRolledBack(at)
          && !wasToldOfRollback(at)
          && !endedBeforeItCouldBeTold()
          && spans.stream().anyMatch(span -> span.covers(at))) {
        all.add("given something else than what was published at " + at);
      }
    }
    if (opening != null) {
      Opening.Stretch missed = opening.missed(end);
      if (missed != null && missed.after() < missed.upTo()) {
        all.add("never got " + missed);
      }
      all.addAll(opening.missedLogs(end));
    }
    all.addAll(grounds.missing(gaps));
    return all;
  }
}
