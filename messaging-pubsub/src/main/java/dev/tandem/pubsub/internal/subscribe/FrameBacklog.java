package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.api.Gap;
import dev.tandem.pubsub.SubscribeOptions;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** Keeps every message until there is no room, frame by frame. */
final class FrameBacklog<T> extends Backlog<T> {
  private final ArrayDeque<Parcel<T>> queue = new ArrayDeque<>();

  FrameBacklog(SubscribeOptions options) {
    super(options);
  }

  @Override
  boolean offer(Parcel<T> parcel) {
    if (!hasRoom(parcel.weight(), parcel.bytes())) {
      return false;
    }
    queue.add(parcel);
    count(parcel.weight(), parcel.bytes());
    return true;
  }

  @Override
  void add(Parcel<T> gap) {
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
    return queue.poll();
  }

  @Override
  void clear() {
    queue.forEach(this::release);
    queue.clear();
  }
}
