package dev.tandem.pubsub.internal.publish;

import dev.tandem.pubsub.PublishReceipt;
import dev.tandem.pubsub.internal.frame.Nonces;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.tenant.Tenant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Encoded messages on their way to Redis that are published together or not at all. */
final class PendingBatch extends Outgoing {
  private final List<PendingPublish> messages;
  private final List<OutgoingFrame> frames;
  private final int size;
  private final CompletableFuture<List<PublishReceipt>> receipts = new CompletableFuture<>();

  PendingBatch(List<PendingPublish> messages, Nonces nonces) {
    this.messages = messages;
    this.frames = frames(messages, nonces);
    this.size = messages.stream().mapToInt(Outgoing::size).sum();
  }

  /** One for each channel, the recoverable ones first. */
  private static List<OutgoingFrame> frames(List<PendingPublish> messages, Nonces nonces) {
    Map<RedisKey, OutgoingFrame> byChannel = new LinkedHashMap<>();
    for (PendingPublish message : messages) {
      OutgoingFrame known = byChannel.get(message.keys().channel());
      if (known == null) {
        byChannel.put(message.keys().channel(), new OutgoingFrame(message, nonces.next()));
      } else {
        known.add(message);
      }
    }
    List<OutgoingFrame> frames = new ArrayList<>(byChannel.size());
    byChannel.values().stream().filter(f -> f.channel().isRecoverable()).forEach(frames::add);
    byChannel.values().stream().filter(f -> !f.channel().isRecoverable()).forEach(frames::add);
    return frames;
  }

  @Override
  Tenant tenant() {
    return messages.get(0).tenant();
  }

  @Override
  List<OutgoingFrame> frames() {
    return frames;
  }

  @Override
  int size() {
    return size;
  }

  CompletableFuture<List<PublishReceipt>> receipts() {
    return receipts;
  }

  /** All messages have their receipts. */
  void complete() {
    receipts.complete(messages.stream().map(message -> message.receipt().join()).toList());
  }

  @Override
  void failed(RuntimeException why) {
    receipts.completeExceptionally(why);
  }
}
