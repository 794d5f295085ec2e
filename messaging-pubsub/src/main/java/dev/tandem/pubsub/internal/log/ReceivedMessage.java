package dev.tandem.pubsub.internal.log;

import dev.tandem.api.Headers;
import dev.tandem.api.MessageId;
import dev.tandem.api.Position;
import dev.tandem.pubsub.LiveMessage;
import dev.tandem.pubsub.internal.frame.FrameMessage;
import dev.tandem.tenant.Tenant;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A message in its frame. */
final class ReceivedMessage<T> implements LiveMessage<T> {
  private final ReceivedMessages<T> all;
  private final int index;
  private volatile @Nullable T payload;
  private volatile @Nullable RuntimeException failure;
  private volatile @Nullable Position position;

  ReceivedMessage(ReceivedMessages<T> all, int index) {
    this.all = all;
    this.index = index;
  }

  private FrameMessage message() {
    return all.frame().messages().get(index);
  }

  @Override
  public MessageId id() {
    return message().id();
  }

  @Override
  public String type() {
    return message().type();
  }

  @Override
  public @Nullable String key() {
    return message().key();
  }

  @Override
  public T payload() {
    T known = payload;
    return known != null ? known : decode();
  }

  private T decode() {
    all.decoding().lock();
    try {
      T known = payload;
      if (known != null) {
        return known;
      }
      RuntimeException failed = failure;
      if (failed != null) {
        throw failed;
      }
      T decoded = all.serde().deserialize(raw(), all.context());
      payload = decoded;
      return decoded;
    } catch (RuntimeException e) {
      failure = e;
      throw e;
    } finally {
      all.decoding().unlock();
    }
  }

  @Override
  public byte[] raw() {
    return message().payload();
  }

  @Override
  public Headers headers() {
    return message().headers();
  }

  @Override
  public @Nullable Position position() {
    Position known = position;
    if (known == null) {
      known = all.frame().positionOf(index);
      position = known;
    }
    return known;
  }

  @Override
  public Instant timestamp() {
    return all.frame().timestamp();
  }

  @Override
  public String instanceId() {
    return all.frame().instanceId();
  }

  @Override
  public Tenant tenant() {
    return all.tenant();
  }

  @Override
  public String channel() {
    return all.frame().channel();
  }

  /** Everything but the payload. */
  @Override
  public String toString() {
    return "LiveMessage[" + id() + ", type=" + type() + ", position=" + position() + "]";
  }
}
