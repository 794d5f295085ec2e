package dev.tandem.pubsub.internal.frame;

import dev.tandem.api.Headers;
import dev.tandem.api.MessageId;
import org.jspecify.annotations.Nullable;

/** Makes what only the parser makes otherwise. */
public final class TestMessages {
  private TestMessages() {}

  /** A received message. */
  public static FrameMessage message(MessageId id, String type, Headers headers, byte[] payload) {
    return new FrameMessage(id.value(), FrameMessage.NO_NUMBER, type, null, headers, 0, payload);
  }

  /** A received message with a key. */
  public static FrameMessage keyed(MessageId id, String type, @Nullable String key) {
    return new FrameMessage(
        id.value(), FrameMessage.NO_NUMBER, type, key, Headers.none(), 0, new byte[0]);
  }
}
