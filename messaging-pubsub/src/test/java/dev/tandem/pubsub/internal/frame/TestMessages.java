package dev.tandem.pubsub.internal.frame;

import dev.tandem.api.Headers;
import dev.tandem.api.MessageId;

/** Makes what only the parser makes otherwise. */
public final class TestMessages {
  private TestMessages() {}

  /** A received message. */
  public static FrameMessage message(MessageId id, String type, Headers headers, byte[] payload) {
    return new FrameMessage(id, type, null, headers, 0, payload);
  }
}
