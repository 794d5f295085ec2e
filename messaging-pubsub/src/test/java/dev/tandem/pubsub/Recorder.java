package dev.tandem.pubsub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Gap;
import dev.tandem.api.Position;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Writes down what a subscription gets, and checks what every recoverable one must keep: each
 * message follows the one before it, or a gap that resumes right before it.
 */
final class Recorder implements LiveListener<String> {
  static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration POLL = Duration.ofMillis(2);

  private final List<String> payloads = new CopyOnWriteArrayList<>();
  private final List<Gap> gaps = new CopyOnWriteArrayList<>();
  private final List<String> breaches = new CopyOnWriteArrayList<>();
  private @Nullable Position last;

  Recorder() {}

  /** Expects the first message to follow this position. */
  Recorder(Position start) {
    this.last = start;
  }

  @Override
  public void onMessage(LiveMessage<String> message) {
    Position at = message.position();
    if (at != null && last != null) {
      boolean follows = at.epoch().equals(last.epoch()) && at.version() == last.version() + 1;
      if (!follows) {
        breaches.add(at + " after " + last);
      }
    }
    last = at;
    payloads.add(message.payload());
  }

  @Override
  public void onGap(Gap gap) {
    last = gap.resumesAt();
    gaps.add(gap);
  }

  List<String> payloads() {
    return new ArrayList<>(payloads);
  }

  List<Gap> gaps() {
    return new ArrayList<>(gaps);
  }

  Recorder awaitCount(int messages) {
    await()
        .atMost(PATIENCE)
        .pollInterval(POLL)
        .untilAsserted(() -> assertThat(payloads).hasSizeGreaterThanOrEqualTo(messages));
    return this;
  }

  Recorder awaitLast(String payload) {
    await()
        .atMost(PATIENCE)
        .pollInterval(POLL)
        .until(() -> !payloads.isEmpty() && payloads.contains(payload));
    return this;
  }

  Gap awaitGap() {
    await().atMost(PATIENCE).pollInterval(POLL).until(() -> !gaps.isEmpty());
    return gaps.get(0);
  }

  /** Nothing was out of order, repeated or missing without a gap. */
  void assertUnbroken() {
    assertThat(breaches).isEmpty();
  }

  /** Exactly these, in order, and no gap. */
  void assertExactly(List<String> expected) {
    awaitCount(expected.size());
    assertThat(payloads).containsExactlyElementsOf(expected);
    assertThat(gaps).isEmpty();
    assertUnbroken();
  }
}
