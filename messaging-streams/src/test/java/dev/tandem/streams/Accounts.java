package dev.tandem.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.MessageId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * What handlers saw, so that in the end every message can be accounted for. A delivery is told by
 * id and count: two handlers that got the same one would have had two live leases.
 */
final class Accounts {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Set<String> begun = ConcurrentHashMap.newKeySet();
  private final Set<String> handled = ConcurrentHashMap.newKeySet();
  private final ConcurrentLinkedQueue<String> twice = new ConcurrentLinkedQueue<>();

  /** A handler has got a delivery. */
  void begins(Delivery<?> delivery) {
    begins(delivery.id().value(), delivery.deliveries());
  }

  void begins(String id, long deliveries) {
    if (!begun.add(id + " delivery " + deliveries)) {
      twice.add(id + " delivery " + deliveries);
    }
  }

  /** A handler is about to return. */
  void handled(Delivery<?> delivery) {
    handled(delivery.id().value());
  }

  void handled(String id) {
    handled.add(id);
  }

  int handled() {
    return handled.size();
  }

  boolean isHandled(MessageId id) {
    return isHandled(id.value());
  }

  boolean isHandled(String id) {
    return handled.contains(id);
  }

  void assertNoneTwice() {
    assertThat(twice).as("deliveries that two handlers got").isEmpty();
  }

  /**
   * Waits until every message is handled or dead-lettered and nothing is pending; no two handlers
   * may have got the same delivery, and no message may have two dead letters.
   */
  void awaitAll(Fixture fixture, Collection<MessageId> sent) {
    awaitNoneMissing(fixture, sent);
    List<String> dead = new ArrayList<>();
    fixture.dead().forEach(letter -> dead.add(letter.originalId().value()));
    assertThat(dead).as("dead letters").doesNotHaveDuplicates();
    assertNoneTwice();
  }

  /** The same where nobody can know what was delivered before: after a lost group, or a replay. */
  void awaitNoneMissing(Fixture fixture, Collection<MessageId> sent) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              Set<String> missing = new HashSet<>();
              sent.forEach(id -> missing.add(id.value()));
              missing.removeAll(handled);
              fixture.dead().forEach(letter -> missing.remove(letter.originalId().value()));
              assertThat(missing).as("neither handled nor dead-lettered").isEmpty();
            });
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(fixture.pending()).isZero());
  }
}
