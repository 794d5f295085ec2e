package dev.tandem.pubsub.internal.subscribe;

import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/** A feed's lock, and its subscribers, which it guards. */
abstract class FeedBase<S extends LocalSubscriber<?>> implements Feed {
  final ReentrantLock lock = new ReentrantLock();
  final Audience<S> audience = new Audience<>();

  @Override
  public final boolean isEmpty() {
    lock.lock();
    try {
      return audience.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public final List<S> subscribers() {
    lock.lock();
    try {
      return audience.copy();
    } finally {
      lock.unlock();
    }
  }
}
