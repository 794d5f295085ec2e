package dev.tandem.pubsub.internal.publish;

import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.PublishReceipt;
import dev.tandem.pubsub.internal.frame.FrameScripts;
import dev.tandem.pubsub.internal.frame.PublishTry;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import dev.tandem.tenant.ChannelKeys;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One frame for one channel.
 *
 * <p>Thread safety: not safe for use by many threads; the sending thread's.
 */
final class FrameCall extends Call {
  private final OutgoingFrame frame;
  private final List<RedisKey> channels;
  private List<PublishReceipt> receipts = List.of();

  FrameCall(OutgoingFrame frame) {
    this.frame = frame;
    this.channels = List.of(frame.first().keys().channel());
  }

  /** Lets a message join, if there is room and the call has all its tries ahead. */
  boolean take(PendingPublish next) {
    if (isSent() || failedTries() > 0 || !frame.takes(next)) {
      return false;
    }
    frame.add(next);
    return true;
  }

  @Override
  List<RedisKey> channels() {
    return channels;
  }

  @Override
  List<OutgoingFrame> frames() {
    return List.of(frame);
  }

  @Override
  List<PendingPublish> entries() {
    return frame.messages();
  }

  @Override
  boolean isRemembered() {
    return frame.channel().isRecoverable();
  }

  @Override
  boolean mayFollow() {
    return true;
  }

  @Override
  Command command(Sender sender, long after) {
    Channel<?> channel = frame.channel();
    ChannelKeys keys = frame.first().keys();
    if (!isRemembered()) {
      return Command.of("PUBLISH").key(keys.channel()).arg(frame.fleeting(sender));
    }
    return FrameScripts.publish(
        keys,
        frame.body(sender.instanceId()),
        sender.nonces().next(),
        channel.retention(),
        channel.maxMessages(),
        new PublishTry(sender.publisher(), number(), after, maybeDone()));
  }

  @Override
  Outcome read(@Nullable Object reply) {
    if (!isRemembered()) {
      receipts = frame.receipts(null, 0, Replies.number(reply));
      return Outcome.DONE;
    }
    List<@Nullable Object> fields = Replies.list(Replies.orThrow(reply));
    long version = Replies.number(fields.get(1));
    if (version < 0) {
      return version == FrameScripts.OVERTAKEN ? Outcome.OVERTAKEN : Outcome.OUT_OF_ORDER;
    }
    receipts = frame.receipts(Replies.text(fields.get(0)), version, Replies.number(fields.get(2)));
    return Outcome.DONE;
  }

  @Override
  void complete() {
    frame.complete(receipts);
  }
}
