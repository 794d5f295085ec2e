package dev.tandem.pubsub.internal.log;

import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.internal.frame.Frame;
import dev.tandem.tenant.Tenant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A frame in this process, with its messages as listeners see them: made once for all local
 * subscribers whose channels have equal serdes.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class ReceivedFrame {
  private final Frame frame;
  private final Tenant tenant;
  private final ReentrantLock lock = new ReentrantLock();
  private final List<ReceivedMessages<?>> views = new CopyOnWriteArrayList<>();

  /** Wraps a frame. */
  public ReceivedFrame(Frame frame, Tenant tenant) {
    this.frame = frame;
    this.tenant = tenant;
  }

  /** What was received. */
  public Frame frame() {
    return frame;
  }

  /** How many messages there are. */
  public int count() {
    return frame.messages().size();
  }

  /** The messages for this channel's type. */
  public <T> ReceivedMessages<T> messages(Channel<T> channel) {
    ReceivedMessages<T> known = find(channel);
    if (known != null) {
      return known;
    }
    lock.lock();
    try {
      known = find(channel);
      if (known == null) {
        known = new ReceivedMessages<>(frame, tenant, channel.serde());
        views.add(known);
      }
      return known;
    } finally {
      lock.unlock();
    }
  }

  @SuppressWarnings("unchecked") // a view with an equal serde has the same payload type
  private <T> @Nullable ReceivedMessages<T> find(Channel<T> channel) {
    for (ReceivedMessages<?> view : views) {
      if (view.serde().equals(channel.serde())) {
        return (ReceivedMessages<T>) view;
      }
    }
    return null;
  }
}
