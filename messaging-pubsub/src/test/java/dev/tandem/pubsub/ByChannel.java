package dev.tandem.pubsub;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Gap;
import dev.tandem.api.Position;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Writes down what a subscription to several channels gets, with a {@link Recorder} for each. */
class ByChannel implements LiveListener<String> {
  private final Map<String, Recorder> recorders = new ConcurrentHashMap<>();
  private final Set<String> heard = new ConcurrentSkipListSet<>();
  final AtomicInteger disconnections = new AtomicInteger();

  @Override
  public void onMessage(LiveMessage<String> message) {
    heard.add(message.channel());
    of(message.channel()).onMessage(message);
  }

  @Override
  public void onGap(Gap gap) {
    of(gap.channel()).onGap(gap);
  }

  @Override
  public void onDisconnected(@Nullable Position resumeFrom) {
    disconnections.incrementAndGet();
  }

  Recorder of(String channel) {
    return requireNonNull(recorders.computeIfAbsent(channel, any -> new Recorder()));
  }

  Set<String> heard() {
    return heard;
  }

  /** Exactly these, each in order, and no gap. */
  void assertExactly(Map<String, List<String>> expected) {
    await().atMost(Recorder.PATIENCE).until(() -> heard.containsAll(expected.keySet()));
    new TreeMap<>(expected).forEach((channel, payloads) -> of(channel).assertExactly(payloads));
    assertThat(heard).isEqualTo(expected.keySet());
  }
}
