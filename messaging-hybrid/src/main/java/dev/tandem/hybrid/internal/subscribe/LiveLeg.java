package dev.tandem.hybrid.internal.subscribe;

import dev.tandem.api.Gap;
import dev.tandem.api.Position;
import dev.tandem.pubsub.LiveListener;
import dev.tandem.pubsub.LiveMessage;
import dev.tandem.pubsub.Subscription;
import dev.tandem.pubsub.internal.limit.PlacedListener;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of the way on the live channel: until it ends with a gap, or turns out to begin too
 * late.
 */
final class LiveLeg<T> implements LiveListener<T>, PlacedListener {
  private final Course<T> course;
  private final Journey<T> journey;

  private final LegGate gate;

  /** What is to be done if it begins too late. */
  private final Runnable tooLate;

  private volatile @Nullable Subscription subscription;

  /**
   * A stretch that has not begun.
   *
   * @param latest the latest place that it may begin at; null for any
   * @param tooLate what is to be done if it begins later
   */
  LiveLeg(Course<T> course, Journey<T> journey, @Nullable Position latest, Runnable tooLate) {
    this.course = course;
    this.journey = journey;
    this.gate = new LegGate(latest);
    this.tooLate = tooLate;
  }

  @Override
  public boolean hasPlace() {
    return journey.hasPlace();
  }

  /** This is its subscription. */
  void opened(Subscription opened) {
    subscription = opened;
    if (gate.isOver()) {
      opened.close();
      return;
    }
    var unused =
        opened
            .active()
            .whenComplete(
                (active, error) -> {
                  Position at = opened.position();
                  if (error != null) {
                    journey.failed(this, error);
                  } else if (at != null && goesOn(at.epoch(), at.version())) {
                    course.beginAt(Place.of(at));
                    journey.settled(this);
                  }
                });
  }

  /** Whether it goes on, as one that begins after this version unless it has begun before. */
  private boolean goesOn(String epoch, long version) {
    LegGate.Answer answer = gate.goOn(epoch, version);
    if (answer == LegGate.Answer.TOO_LATE) {
      leave();
      tooLate.run();
    }
    return answer == LegGate.Answer.GO_ON;
  }

  /** Ends it; false if it was over. */
  boolean end() {
    boolean ends = gate.end();
    if (ends) {
      leave();
    }
    return ends;
  }

  /** Either this closes the subscription, or {@link #opened} sees that it is over. */
  private void leave() {
    Subscription open = subscription;
    if (open != null) {
      open.close();
    }
  }

  @Override
  public void onMessage(LiveMessage<T> message) {
    Position at = message.position();
    if (at != null && goesOn(at.epoch(), at.version() - 1)) {
      course.live(message, at);
    }
  }

  @Override
  public void onGap(Gap gap) {
    Position from = gap.from() != null ? gap.from() : course.at();
    if (from == null) {
      Position resumesAt = gap.resumesAt();
      if (goesOn(resumesAt.epoch(), resumesAt.version())) {
        course.gap(resumesAt, gap.reason());
      }
    } else if (end()) {
      course.refused(from, gap);
      journey.refused();
    }
  }
}
