package dev.tandem.pubsub.internal.publish;

import dev.tandem.api.Position;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.internal.frame.FrameBody;
import dev.tandem.pubsub.internal.frame.FrameScripts;
import dev.tandem.pubsub.internal.frame.Nonces;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Messages of one channel that travel together. */
final class OutgoingFrame {
  private final List<PendingPublish> messages;
  private final String nonce;

  private OutgoingFrame(List<PendingPublish> messages, String nonce) {
    this.messages = messages;
    this.nonce = nonce;
  }

  /** Cuts a batch into frames; those of one channel are in the batch's order. */
  static List<OutgoingFrame> cut(Collection<PendingPublish> batch, Nonces nonces) {
    Map<RedisKey, List<PendingPublish>> byChannel = new LinkedHashMap<>();
    for (PendingPublish pending : batch) {
      byChannel
          .computeIfAbsent(pending.keys().channel(), channel -> new ArrayList<>())
          .add(pending);
    }
    List<OutgoingFrame> frames = new ArrayList<>();
    for (List<PendingPublish> messages : byChannel.values()) {
      int from = 0;
      while (from < messages.size()) {
        int to = end(messages, from);
        frames.add(new OutgoingFrame(messages.subList(from, to), nonces.next()));
        from = to;
      }
    }
    return frames;
  }

  private static int end(List<PendingPublish> messages, int from) {
    PendingPublish first = messages.get(from);
    int most = Math.min(messages.size(), from + FrameBody.MAX_MESSAGES);
    int bytes = first.size();
    int to = from + 1;
    while (to < most) {
      PendingPublish next = messages.get(to);
      bytes += next.size();
      if (bytes > FrameBody.MAX_BYTES || !next.fitsWith(first)) {
        break;
      }
      to++;
    }
    return to;
  }

  List<PendingPublish> messages() {
    return messages;
  }

  int slot() {
    return messages.get(0).keys().channel().slot();
  }

  Command command(String instanceId, Nonces nonces) {
    PendingPublish first = messages.get(0);
    Channel<?> channel = first.channel();
    FrameBody body =
        FrameBody.of(
            first.tenant().name(),
            channel.name(),
            instanceId,
            nonce,
            messages.stream().map(PendingPublish::message).toList());
    return channel.isRecoverable()
        ? FrameScripts.publish(
            first.keys(), body, nonces.next(), channel.retention(), channel.maxMessages())
        : FrameScripts.publishFleeting(first.keys(), body);
  }

  /** Tells the callers what Redis answered; throws if it is not an answer. */
  void taken(@Nullable Object reply) {
    if (!messages.get(0).channel().isRecoverable()) {
      long receivers = Replies.number(reply);
      messages.forEach(message -> message.taken(null, receivers));
      return;
    }
    List<@Nullable Object> fields = Replies.list(Replies.orThrow(reply));
    String epoch = Replies.text(fields.get(0));
    long version = Replies.number(fields.get(1));
    long receivers = Replies.number(fields.get(2));
    for (PendingPublish message : messages) {
      message.taken(new Position(epoch, version, nonce), receivers);
      version++;
    }
  }

  void failed(RuntimeException why) {
    messages.forEach(message -> message.failed(why));
  }
}
