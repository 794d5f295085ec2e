package dev.tandem.pubsub.internal.publish;

import dev.tandem.api.Position;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.PublishReceipt;
import dev.tandem.pubsub.internal.frame.ForeseenHead;
import dev.tandem.pubsub.internal.frame.FrameBody;
import dev.tandem.pubsub.internal.frame.OutgoingMessage;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Messages of one channel that travel together.
 *
 * <p>Thread safety: not safe for use by many threads; the sending thread's.
 */
final class OutgoingFrame {
  private final List<PendingPublish> messages = new ArrayList<>();
  private final List<OutgoingMessage> encoded = new ArrayList<>();
  private final String nonce;
  private int bytes;

  OutgoingFrame(PendingPublish first, String nonce) {
    this.nonce = nonce;
    add(first);
  }

  void add(PendingPublish next) {
    messages.add(next);
    encoded.add(next.message());
    bytes += next.size();
  }

  /** Whether one more message of this channel may join. */
  boolean takes(PendingPublish next) {
    return messages.size() < FrameBody.MAX_MESSAGES
        && bytes + next.size() <= FrameBody.MAX_BYTES
        && next.fitsWith(first());
  }

  PendingPublish first() {
    return messages.get(0);
  }

  Channel<?> channel() {
    return first().channel();
  }

  List<PendingPublish> messages() {
    return messages;
  }

  int bytes() {
    return bytes;
  }

  String nonce() {
    return nonce;
  }

  FrameBody body(String instanceId) {
    return FrameBody.of(first().tenant().name(), channel().name(), instanceId, nonce, encoded);
  }

  /** With this head in front. */
  FrameBody body(String instanceId, ForeseenHead head) {
    return FrameBody.of(
        head, first().tenant().name(), channel().name(), instanceId, nonce, encoded);
  }

  /** The whole frame, as a fleeting channel has it. */
  byte[] fleeting(Sender sender) {
    return FrameBody.fleetingFrame(
        first().tenant().name(),
        channel().name(),
        sender.instanceId(),
        nonce,
        sender.clock().millis(),
        encoded);
  }

  /**
   * The receipts, in order.
   *
   * @param epoch and version of the first message; null on a fleeting channel
   */
  List<PublishReceipt> receipts(@Nullable String epoch, long version, long receivers) {
    List<PublishReceipt> receipts = new ArrayList<>(messages.size());
    for (int i = 0; i < messages.size(); i++) {
      Position at = epoch == null ? null : new Position(epoch, version + i, nonce);
      receipts.add(messages.get(i).receipt(at, receivers));
    }
    return receipts;
  }

  /** Gives the callers their receipts. */
  void complete(List<PublishReceipt> receipts) {
    for (int i = 0; i < messages.size(); i++) {
      messages.get(i).receipt().complete(receipts.get(i));
    }
  }
}
