package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.api.error.MessagingException;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A feed's lock, and its subscribers, which it guards. */
abstract class FeedBase<S extends LocalSubscriber<?>> implements Feed {
  final ReentrantLock lock = new ReentrantLock();
  final Audience<S> audience = new Audience<>();
  private boolean confirmed;

  /** Why Redis refuses the subscription; null if it does not as far as is known. */
  private @Nullable MessagingException denial;

  /** Adds one to the audience; the lock is held. */
  final void admit(S subscriber) {
    audience.add(subscriber);
    if (denial != null) {
      subscriber.deny(denial);
    }
  }

  /** Whether Redis has confirmed the subscription, on this connection; the lock is held. */
  final void setConfirmed(boolean now) {
    confirmed = now;
    denial = null;
  }

  @Override
  public final void onDenied(MessagingException why) {
    lock.lock();
    try {
      if (!confirmed) {
        denial = why;
        audience.forEach(subscriber -> subscriber.deny(why));
      }
    } finally {
      lock.unlock();
    }
  }

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
