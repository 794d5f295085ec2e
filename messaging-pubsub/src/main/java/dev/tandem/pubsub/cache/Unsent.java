package dev.tandem.pubsub.cache;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Invalidations that Redis has not taken yet, as far as is known. Repeating one does no harm; when
 * they become too many, one for all keys stands for them.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class Unsent {
  static final int MOST = 1_000;

  private final ReentrantLock lock = new ReentrantLock();
  private final Set<Invalidation> waiting = new LinkedHashSet<>();

  void add(Invalidation invalidation) {
    lock.lock();
    try {
      if (waiting.contains(Invalidation.ALL)) {
        return;
      }
      if (waiting.size() >= MOST || invalidation.kind() == Invalidation.Kind.ALL) {
        waiting.clear();
        waiting.add(Invalidation.ALL);
      } else {
        waiting.add(invalidation);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Takes the oldest out; to be added again if it could not be sent. */
  @Nullable Invalidation poll() {
    lock.lock();
    try {
      if (waiting.isEmpty()) {
        return null;
      }
      Invalidation oldest = waiting.iterator().next();
      waiting.remove(oldest);
      return oldest;
    } finally {
      lock.unlock();
    }
  }

  int size() {
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }
}
