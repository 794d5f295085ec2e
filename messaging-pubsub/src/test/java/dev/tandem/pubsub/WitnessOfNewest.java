package dev.tandem.pubsub;

import dev.tandem.api.Gap;
import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Messages may be left out, but only for a newer one of the same key, or of any key: each message
 * must come after the one before it in the order of the log; each that was left out, and was in no
 * gap, must have a newer one of its subject that was given later, or lies behind the place at which
 * the subscription was closed. So whoever is up to date was given the newest of each subject.
 */
final class WitnessOfNewest implements Witness {
  private final boolean perKey;
  private final List<String> breaches = new CopyOnWriteArrayList<>();
  private final List<LiveModel.Told> gaps = new CopyOnWriteArrayList<>();
  private final LiveModel model;
  private final Grounds grounds;
  private final @Nullable Opening opening;
  private final List<Given> given = new ArrayList<>();
  private final Set<Position> got = new HashSet<>();
  private final List<Span> spans = new ArrayList<>();
  private volatile @Nullable Position last;
  private @Nullable Place begin;

  /** Where what it was given without a gap began. */
  private record Place(String epoch, long version) {
    static @Nullable Place of(@Nullable Position at) {
      return at == null ? null : new Place(at.epoch(), at.version());
    }
  }

  /** A message, and how many gaps came before it. */
  private record Given(Position at, String payload, int gapsBefore) {}

  /** What it came past: all after one version up to another one, and how many gaps before that. */
  private record Span(String epoch, long after, long upTo, int gapsBefore) {
    boolean covers(Position at) {
      return at.epoch().equals(epoch) && after < at.version() && at.version() <= upTo;
    }

    /** What remains of it: what it was given beyond that place is no longer what is there. */
    Span takenBackTo(Position at) {
      return at.epoch().equals(epoch)
          ? new Span(epoch, after, Math.min(upTo, at.version()), gapsBefore)
          : this;
    }
  }

  /** Begins at the position of these options, or where it is owed to begin. */
  WitnessOfNewest(LiveModel model, SubscribeOptions options) {
    Position start = options.startPosition();
    this.model = model;
    this.grounds = new Grounds(model, options.mostReplayed());
    boolean fromOldest = options.beginning() == SubscribeOptions.Beginning.OLDEST;
    this.opening = start == null ? new Opening(model, fromOldest) : null;
    this.perKey = options.slowConsumerPolicy() == SlowConsumer.NEWEST_PER_KEY;
    this.last = start;
    this.begin = Place.of(start);
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
    if (before != null && !isNotBehind(at, before, 1)) {
      breaches.add(at + " after " + before);
    }
    if (!got.add(at)) {
      breaches.add("twice: " + at);
    }
    if (begin == null) {
      begin = new Place(at.epoch(), at.version() - 1);
    }
    given.add(new Given(at, payload, gaps.size()));
    last = at;
  }

  private static boolean isNotBehind(Position at, Position before, int least) {
    return at.epoch().equals(before.epoch()) && at.version() >= before.version() + least;
  }

  @Override
  public void gap(Gap gap) {
    if (opening != null) {
      opening.gap(gap);
    }
    Position before = last;
    Position from = gap.from();
    if (before != null && (from == null || !isNotBehind(from, before, 0))) {
      breaches.add("gap from " + from + " while at " + before);
    }
    endSpan(spans, from);
    if (gap.reason() == GapReason.ROLLED_BACK) {
      spans.replaceAll(span -> span.takenBackTo(gap.resumesAt()));
    }
    gaps.add(model.told(gap));
    begin = Place.of(gap.resumesAt());
    last = gap.resumesAt();
  }

  private void endSpan(List<Span> all, @Nullable Position end) {
    Place from = begin;
    if (from == null || end == null) {
      return;
    }
    if (!from.epoch().equals(end.epoch())) {
      breaches.add("came from " + from + " to " + end + " without a gap");
    }
    all.add(new Span(from.epoch(), from.version(), end.version(), gaps.size()));
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
    return given.size();
  }

  @Override
  public @Nullable Position last() {
    return last;
  }

  @Override
  public List<String> breaches(@Nullable Position end) {
    List<Span> past = new ArrayList<>(spans);
    endSpan(past, end);
    List<String> all = new ArrayList<>(breaches);
    Opening.Stretch missed = opening == null ? null : opening.missed(end);
    if (opening != null && missed != null) {
      past.add(new Span(missed.epoch(), missed.after(), missed.upTo(), 0));
      all.addAll(opening.missedLogs(end));
    }
    for (Given one : given) {
      if (!model.mayBe(one.at(), one.payload())) {
        all.add(one + ", where " + model.payload(one.at()) + " is");
      }
    }
    for (Position at : model.published()) {
      String payload = model.payload(at);
      if (payload != null && !got.contains(at) && !isExcused(at, end)) {
        past.stream()
            .filter(span -> span.covers(at) && !wasReplaced(at, payload, span, end))
            .forEach(span -> all.add(payload + " was left out at " + at + " in " + span));
      }
    }
    all.addAll(grounds.missing(gaps));
    return all;
  }

  /** Whether it was taken back, or a gap says so of what is known under its version. */
  private boolean isExcused(Position at, @Nullable Position end) {
    return model.isRolledBack(at)
        || (end != null && model.isRolledBack(end))
        || gaps().stream()
            .anyMatch(
                gap ->
                    gap.reason() == GapReason.ROLLED_BACK
                        && gap.resumesAt().epoch().equals(at.epoch())
                        && at.version() <= gap.resumesAt().version());
  }

  private boolean wasReplaced(Position at, String payload, Span span, @Nullable Position end) {
    if (perKey && ModelledChannel.keyOf(payload) == null) {
      return false;
    }
    boolean givenLater =
        given.stream()
            .filter(one -> isSameSubject(one.payload(), payload))
            .anyMatch(
                one ->
                    one.gapsBefore() > span.gapsBefore()
                        || (one.gapsBefore() == span.gapsBefore()
                            && one.at().version() > at.version()));
    return givenLater || model.mayComeBehind(end, other -> isSameSubject(other, payload));
  }

  private boolean isSameSubject(String one, String other) {
    return !perKey || Objects.equals(ModelledChannel.keyOf(one), ModelledChannel.keyOf(other));
  }
}
