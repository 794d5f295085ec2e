package dev.tandem.pubsub;

import dev.tandem.api.Gap;
import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Writes down what one subscription is given, as its listener, and afterwards holds it against the
 * model. Each message must follow the one before it, or a gap that resumes right before it.
 */
final class Witness implements LiveListener<String> {
  /** How a listener behaves. */
  enum Manner {
    QUICK,
    SLOW,
    BLOCKING,
    THROWING
  }

  private final Manner manner;
  private final List<String> breaches = new CopyOnWriteArrayList<>();
  private final List<Gap> gaps = new CopyOnWriteArrayList<>();
  private final List<Span> spans = new ArrayList<>();
  private final Map<Position, String> got = new HashMap<>();
  private volatile @Nullable Position last;
  private long mostQueued;

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

  /** Begins at this position, or with the first message. */
  Witness(Manner manner, @Nullable Position start) {
    this.manner = manner;
    this.last = start;
  }

  @Override
  public void onMessage(LiveMessage<String> message) {
    Position at = message.position();
    Position before = last;
    if (at == null) {
      breaches.add("no position: " + message);
      return;
    }
    if (before != null
        && !(at.epoch().equals(before.epoch()) && at.version() == before.version() + 1)) {
      breaches.add(at + " after " + before);
    }
    if (got.put(at, message.payload()) != null) {
      breaches.add("twice: " + at);
    }
    extend(at);
    last = at;
    behave(at);
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

  private void behave(Position at) {
    switch (manner) {
      case QUICK -> {}
      case SLOW -> pauseEvery(7, 2, at);
      case BLOCKING -> pauseEvery(200, 60, at);
      case THROWING -> {
        if (at.version() % 101 == 0) {
          throw new IllegalStateException("thrown on purpose at " + at);
        }
      }
    }
  }

  private static void pauseEvery(int messages, int millis, Position at) {
    if (at.version() % messages == 0) {
      LockSupport.parkNanos(millis * 1_000_000L);
    }
  }

  @Override
  public void onGap(Gap gap) {
    Position before = last;
    if (before != null && !before.equals(gap.from())) {
      breaches.add("gap from " + gap.from() + " while at " + before);
    }
    gaps.add(gap);
    last = gap.resumesAt();
    if (gap.reason() == GapReason.ROLLED_BACK) {
      spans.replaceAll(span -> span.takenBackTo(gap.resumesAt()));
    }
  }

  void queued(long messages) {
    mostQueued = Math.max(mostQueued, messages);
  }

  long mostQueued() {
    return mostQueued;
  }

  List<Gap> gaps() {
    return List.copyOf(gaps);
  }

  int count() {
    return got.size();
  }

  /** Whether a gap says that what it knew under this version was taken back. */
  private boolean wasToldOfRollback(Position at) {
    return gaps.stream()
        .anyMatch(
            gap ->
                gap.reason() == GapReason.ROLLED_BACK
                    && gap.resumesAt().epoch().equals(at.epoch())
                    && at.version() <= gap.resumesAt().version());
  }

  /** Whether it ended, closed, at a place that was taken back. */
  private boolean endedBeforeItCouldBeTold(LiveModel model) {
    Position end = last;
    return end != null && model.isRolledBack(end);
  }

  /**
   * What is wrong: empty if it was given what the model says. To be asked once it is given nothing
   * more.
   */
  List<String> breaches(LiveModel model) {
    List<String> all = new ArrayList<>(breaches);
    got.forEach(
        (at, payload) -> {
          if (!model.mayBe(at, payload)) {
            all.add(payload + " at " + at + ", where " + model.published().get(at) + " is");
          }
        });
    for (Position at : model.published().keySet()) {
      if (!got.containsKey(at)
          && !model.isRolledBack(at)
          && !wasToldOfRollback(at)
          && !endedBeforeItCouldBeTold(model)
          && spans.stream().anyMatch(span -> span.covers(at))) {
        all.add("given something else than what was published at " + at);
      }
    }
    all.addAll(model.groundless(gaps()));
    return all;
  }
}
