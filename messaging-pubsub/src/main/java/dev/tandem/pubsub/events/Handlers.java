package dev.tandem.pubsub.events;

import dev.tandem.api.serde.Serde;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which handlers there are, by event type.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class Handlers {
  /** No event bears this type. */
  private static final String ANY = "";

  private final ConcurrentHashMap<String, List<RegisteredHandler<?>>> byType =
      new ConcurrentHashMap<>();

  <T> Registration add(String type, Serde<T> serde, EventHandler<? super T> handler) {
    RegisteredHandler<T> added =
        new RegisteredHandler<>(serde, handler, closed -> remove(type, closed));
    byType.merge(
        type,
        List.of(added),
        (before, more) -> {
          List<RegisteredHandler<?>> all = new ArrayList<>(before);
          all.addAll(more);
          return List.copyOf(all);
        });
    return added;
  }

  <T> Registration addForAny(Serde<T> serde, EventHandler<? super T> handler) {
    return add(ANY, serde, handler);
  }

  private void remove(String type, RegisteredHandler<?> closed) {
    byType.computeIfPresent(
        type,
        (unused, before) -> {
          List<RegisteredHandler<?>> left = new ArrayList<>(before);
          left.remove(closed);
          return left.isEmpty() ? null : List.copyOf(left);
        });
  }

  /** In the order of registration; empty if there are none. */
  List<RegisteredHandler<?>> of(String type) {
    return type.equals(ANY) ? List.of() : byType.getOrDefault(type, List.of());
  }

  /** Those for events of any type, in the order of registration. */
  List<RegisteredHandler<?>> ofAny() {
    return byType.getOrDefault(ANY, List.of());
  }

  int count() {
    return byType.values().stream().mapToInt(List::size).sum();
  }
}
