package dev.tandem.hybrid.internal.transaction;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.hybrid.internal.wire.Destination.Live;
import dev.tandem.pubsub.internal.frame.FrameBody;
import dev.tandem.pubsub.internal.frame.Nonces;
import dev.tandem.pubsub.internal.frame.OutgoingMessage;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.streams.internal.transaction.Operation;
import dev.tandem.tenant.ChannelKeys;
import dev.tandem.tenant.Tenant;
import java.util.ArrayList;
import java.util.List;

/** What one transaction publishes to one channel, as one frame. For one thread. */
final class ChannelFrame {
  private static final String PUBLISH = "publish";

  private final int number;
  private final Live channel;
  private final List<OutgoingMessage> messages = new ArrayList<>();
  private final List<String> ids = new ArrayList<>();

  /**
   * An empty one.
   *
   * @param number the frame's among those of the transaction, from 1
   */
  ChannelFrame(int number, Live channel) {
    this.number = number;
    this.channel = channel;
  }

  int number() {
    return number;
  }

  Live channel() {
    return channel;
  }

  /** How many messages it has; the next one's place is one more. */
  int count() {
    return messages.size();
  }

  /**
   * Adds a message.
   *
   * @param id an id, or the number of the output that has it
   */
  void add(OutgoingMessage message, String id) {
    messages.add(message);
    ids.add(id);
  }

  /** The operation that publishes it. */
  Operation operation(Tenant tenant, ChannelKeys keys, String instanceId, Nonces nonces) {
    String nonce = nonces.next();
    List<RedisKey> all =
        channel.isRecoverable()
            ? List.of(keys.meta(), keys.buffer(), keys.index())
            : List.of(keys.channel(), keys.channel(), keys.channel());
    FrameBody body = FrameBody.of(tenant.name(), channel.name(), instanceId, nonce, messages);
    return new Operation(
        PUBLISH,
        all,
        List.of(
            keys.channel().bytes(),
            bytes(nonce),
            bytes(Integer.toString(messages.size())),
            bytes(nonces.next()),
            bytes(Long.toString(channel.retentionMillis())),
            bytes(Integer.toString(channel.maxMessages())),
            body.bytes(),
            bytes(String.join(" ", ids))));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
