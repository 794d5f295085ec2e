package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.api.Gap;
import dev.tandem.pubsub.SubscribeOptions;
import java.util.ArrayDeque;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/** Keeps every message until there is no room, frame by frame. */
final class FrameBacklog<T> extends Backlog<T> {
  private static final int LEAST_ROOM = 2;

  /** Made when something comes: most queues are empty most of the time. */
  private @Nullable ArrayDeque<Parcel<T>> queue;

  FrameBacklog(SubscribeOptions options) {
    super(options);
  }

  @Override
  boolean offer(Parcel<T> parcel) {
    if (!hasRoom(parcel.weight(), parcel.bytes())) {
      return false;
    }
    queue().add(parcel);
    count(parcel.weight(), parcel.bytes());
    return true;
  }

  @Override
  void add(Parcel<T> gap) {
    Parcel<T> added = joinedWithTheLast(gap);
    queue().add(added);
  }

  /** With the gap before it, which is taken out; only other channels' parcels may be in between. */
  private Parcel<T> joinedWithTheLast(Parcel<T> gap) {
    Iterator<Parcel<T>> newestFirst = queue().descendingIterator();
    while (newestFirst.hasNext()) {
      Parcel<T> last = newestFirst.next();
      if (last.mailbox() == gap.mailbox()) {
        Gap before = last.gap();
        Gap now = gap.gap();
        if (before == null || now == null) {
          return gap;
        }
        newestFirst.remove();
        return Parcel.of(gap.mailbox(), join(before, now));
      }
    }
    return gap;
  }

  @Override
  @Nullable Parcel<T> poll() {
    return queue == null ? null : queue.poll();
  }

  @Override
  void clear() {
    if (queue != null) {
      queue.forEach(this::release);
      queue = null;
    }
  }

  private ArrayDeque<Parcel<T>> queue() {
    if (queue == null) {
      queue = new ArrayDeque<>(LEAST_ROOM);
    }
    return queue;
  }
}
