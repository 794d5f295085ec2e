package dev.tandem.streams.eventstore;

import java.util.Optional;
import java.util.function.BiFunction;

/**
 * What an aggregate's present state is made from.
 *
 * <p>Thread safety: immutable; the events are read anew by each iteration.
 *
 * @param snapshot the latest snapshot, if there is one that can be read
 * @param events the events after it, or all; read from the server in pages while it is iterated
 * @param <S> the state's type
 * @param <T> the events' payload type
 */
public record LoadedAggregate<S, T>(
    Optional<Snapshot<S>> snapshot, Iterable<RecordedEvent<T>> events) {
  /**
   * The present state: the snapshot's, or {@code initial}, with each event after it applied, on the
   * calling thread.
   *
   * @return the state and the version it stands at, 0 if there is no event; pass that to {@link
   *     ExpectedVersion#exactly}
   */
  public Versioned<S> fold(S initial, BiFunction<S, RecordedEvent<T>, S> apply) {
    S state = snapshot.map(Snapshot::state).orElse(initial);
    long version = snapshot.map(Snapshot::version).orElse(0L);
    for (RecordedEvent<T> event : events) {
      state = apply.apply(state, event);
      version = event.version();
    }
    return new Versioned<>(state, version);
  }

  /**
   * A state and its version.
   *
   * @param state the state
   * @param version the version of the last event in it, or 0
   * @param <S> the state's type
   */
  public record Versioned<S>(S state, long version) {}
}
