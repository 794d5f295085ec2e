package dev.tandem.pubsub.internal.log;

import dev.tandem.api.Headers;
import dev.tandem.api.MessageId;
import dev.tandem.api.Position;
import dev.tandem.pubsub.internal.frame.Frame;
import dev.tandem.pubsub.internal.frame.TestMessages;
import dev.tandem.tenant.Tenant;
import java.time.Instant;
import java.util.Collections;

/** Frames of the channel {@code board} of the tenant {@code acme}. */
final class TestFrames {
  private TestFrames() {}

  static ReceivedFrame received(Position before, String nonce, int count) {
    return new ReceivedFrame(frame(before, nonce, count), Tenant.of("acme"));
  }

  static ReceivedFrame received(Position before, String nonce, int count, int size) {
    return new ReceivedFrame(frame(before, nonce, count, size), Tenant.of("acme"));
  }

  static Frame frame(Position before, String nonce, int count) {
    return frame(before, nonce, count, 100);
  }

  private static Frame frame(Position before, String nonce, int count, int size) {
    return new Frame(
        before,
        new Position(before.epoch(), before.version() + count, nonce),
        "acme",
        "board",
        "i",
        nonce,
        Instant.EPOCH,
        Collections.nCopies(
            count, TestMessages.message(MessageId.of("1"), "t", Headers.none(), new byte[0])),
        size);
  }
}
