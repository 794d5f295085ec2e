package dev.tandem.pubsub.internal.log;

import dev.tandem.api.serde.Serde;
import dev.tandem.api.serde.SerdeContext;
import dev.tandem.pubsub.LiveMessage;
import dev.tandem.pubsub.internal.frame.Frame;
import dev.tandem.tenant.Tenant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The messages of one frame, decoded by one serde.
 *
 * <p>Thread safety: safe for use by many threads.
 *
 * @param <T> the payload's type
 */
public final class ReceivedMessages<T> {
  private final Frame frame;
  private final Tenant tenant;
  private final Serde<T> serde;
  private final SerdeContext context;
  private final ReentrantLock decoding = new ReentrantLock();
  private final List<LiveMessage<T>> messages;

  ReceivedMessages(Frame frame, Tenant tenant, Serde<T> serde) {
    this.frame = frame;
    this.tenant = tenant;
    this.serde = serde;
    this.context = new SerdeContext(tenant.name(), frame.channel());
    List<LiveMessage<T>> all = new ArrayList<>(frame.messages().size());
    for (int i = 0; i < frame.messages().size(); i++) {
      all.add(new ReceivedMessage<>(this, i));
    }
    this.messages = List.copyOf(all);
  }

  /** The message at this index. */
  public LiveMessage<T> get(int index) {
    return messages.get(index);
  }

  Serde<T> serde() {
    return serde;
  }

  SerdeContext context() {
    return context;
  }

  Frame frame() {
    return frame;
  }

  Tenant tenant() {
    return tenant;
  }

  /** Held while one of the messages is decoded, so that this happens once. */
  ReentrantLock decoding() {
    return decoding;
  }
}
