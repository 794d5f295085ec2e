package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.api.Gap;
import dev.tandem.api.Position;
import dev.tandem.pubsub.LiveEvent;
import dev.tandem.pubsub.LiveMessage;
import dev.tandem.pubsub.internal.log.ReceivedFrame;
import org.jspecify.annotations.Nullable;

/**
 * Takes one event after the other out of a queue.
 *
 * <p>Thread safety: none; used by one thread at a time.
 */
final class EventCursor<T> {
  private final DeliveryQueue<T> queue;
  private @Nullable Parcel<T> parcel;
  private int index;

  EventCursor(DeliveryQueue<T> queue) {
    this.queue = queue;
  }

  /** The next event; null if nothing waits, and then the queue's consumer will be called. */
  @Nullable LiveEvent<T> next() {
    while (!queue.isClosed()) {
      Parcel<T> current = parcel;
      if (current == null) {
        current = queue.next(null);
        if (current == null) {
          return null;
        }
        parcel = current;
        index = current.from();
      }
      LiveEvent<T> event = step(current);
      if (event != null) {
        return event;
      }
    }
    return null;
  }

  private @Nullable LiveEvent<T> step(Parcel<T> current) {
    Mailbox<T> mailbox = current.mailbox();
    ReceivedFrame frame = current.frame();
    LiveEvent<T> event = null;
    if (frame != null && index < current.to()) {
      LiveMessage<T> message = mailbox.messages(frame).get(index);
      boolean isWanted = mailbox.lets(frame, index, message);
      index++;
      if (isWanted) {
        mailbox.counts().delivered(current.origin());
        mailbox.counts().flush();
        if (index == current.to()) {
          mailbox.counts().returned(current, System.nanoTime());
        }
        event = new LiveEvent.OfMessage<>(message);
      }
      if (mailbox.isPlaced(frame)) {
        mailbox.passed(message);
      }
    }
    Gap gap = current.gap();
    if (gap != null) {
      mailbox.counts().gap(gap.reason());
      mailbox.passed(gap.resumesAt());
      event = new LiveEvent.OfGap<>(gap);
    }
    if (index >= current.to()) {
      finish(current);
    }
    return event;
  }

  private void finish(Parcel<T> current) {
    Position seen = current.seen();
    if (seen != null) {
      current.mailbox().passed(seen);
    }
    parcel = null;
    queue.release(current);
  }
}
