package dev.tandem.pubsub.internal.publish;

import dev.tandem.api.MessageId;
import dev.tandem.api.Position;
import dev.tandem.api.audit.AuditRecord;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.PublishReceipt;
import dev.tandem.pubsub.internal.frame.OutgoingMessage;
import dev.tandem.redis.audit.AuditTrail;
import dev.tandem.tenant.ChannelKeys;
import dev.tandem.tenant.Tenant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** An encoded message on its way to Redis. */
final class PendingPublish extends Outgoing {
  private final Tenant tenant;
  private final Channel<?> channel;
  private final ChannelKeys keys;
  private final MessageId id;
  private final OutgoingMessage message;
  private final int size;
  private final int payloadBytes;
  private final String type;
  private final @Nullable String key;
  private final long sinceNanos = System.nanoTime();
  private final CompletableFuture<PublishReceipt> receipt = new CompletableFuture<>();

  PendingPublish(
      Tenant tenant,
      Channel<?> channel,
      ChannelKeys keys,
      MessageId id,
      OutgoingMessage message,
      int payloadBytes,
      String type,
      @Nullable String key) {
    this.tenant = tenant;
    this.channel = channel;
    this.keys = keys;
    this.id = id;
    this.message = message;
    this.size = message.size();
    this.payloadBytes = payloadBytes;
    this.type = type;
    this.key = key;
  }

  @Override
  Tenant tenant() {
    return tenant;
  }

  Channel<?> channel() {
    return channel;
  }

  ChannelKeys keys() {
    return keys;
  }

  OutgoingMessage message() {
    return message;
  }

  /** How large its payload is. */
  int payloadBytes() {
    return payloadBytes;
  }

  /** Says what became of it. */
  void tell(AuditTrail audit, String instanceId, @Nullable ErrorCode failure) {
    PublishReceipt got = failure == null ? receipt.getNow(null) : null;
    Position position = got == null ? null : got.position();
    audit.add(
        instanceId,
        tenant.name(),
        AuditRecord.Kind.CHANNEL,
        channel.name(),
        type,
        key,
        id.value(),
        position == null ? 0 : position.version(),
        failure);
  }

  /** When it was handed over. */
  long sinceNanos() {
    return sinceNanos;
  }

  @Override
  List<OutgoingFrame> frames() {
    return List.of(new OutgoingFrame(this, ""));
  }

  @Override
  int size() {
    return size;
  }

  CompletableFuture<PublishReceipt> receipt() {
    return receipt;
  }

  /** Whether both can travel in one frame. */
  boolean fitsWith(PendingPublish other) {
    return channel == other.channel
        || (channel.retention().equals(other.channel.retention())
            && channel.maxMessages() == other.channel.maxMessages());
  }

  /** The caller's receipt. */
  PublishReceipt receipt(@Nullable Position position, long receivers) {
    return new PublishReceipt(id, position, receivers);
  }

  @Override
  void failed(RuntimeException why) {
    receipt.completeExceptionally(why);
  }
}
