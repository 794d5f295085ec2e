package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.pubsub.internal.BusThreads;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The subscribers of one feed, in no particular order; each knows its place, so that many leave as
 * quickly as few.
 *
 * <p>Thread safety: none; the feed guards it.
 */
final class Audience<S extends LocalSubscriber<?>> {
  private final ArrayList<S> all = new ArrayList<>(1);

  /** Adds one that is in no audience. */
  void add(S subscriber) {
    subscriber.place = all.size();
    all.add(subscriber);
  }

  /** Removes one; false if it is in no audience. One that is must be in this. */
  boolean remove(LocalSubscriber<?> subscriber) {
    int place = subscriber.place;
    if (place < 0) {
      return false;
    }
    subscriber.place = LocalSubscriber.NOWHERE;
    S last = all.remove(all.size() - 1);
    if (last != subscriber) {
      last.place = place;
      all.set(place, last);
    }
    return true;
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  int size() {
    return all.size();
  }

  /** Those that are there now. */
  List<S> copy() {
    return List.copyOf(all);
  }

  /** As {@link #forEach(Consumer)}, where that may wake many listeners. */
  void forEach(BusThreads threads, Consumer<? super S> action) {
    if (all.size() == 1) {
      action.accept(all.get(0));
    } else {
      threads.together(() -> forEach(action));
    }
  }

  /** Does something with each; that must neither add nor remove any. */
  void forEach(Consumer<? super S> action) {
    for (int i = 0; i < all.size(); i++) {
      action.accept(all.get(i));
    }
  }
}
