package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.api.Gap;
import dev.tandem.pubsub.SubscribeOptions;
import java.util.ArrayDeque;
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
    ArrayDeque<Parcel<T>> queue = queue();
    Parcel<T> last = queue.peekLast();
    Gap before = last == null || last.mailbox() != gap.mailbox() ? null : last.gap();
    Gap now = gap.gap();
    if (before == null || now == null) {
      queue.add(gap);
    } else {
      queue.removeLast();
      queue.add(Parcel.of(gap.mailbox(), join(before, now)));
    }
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
