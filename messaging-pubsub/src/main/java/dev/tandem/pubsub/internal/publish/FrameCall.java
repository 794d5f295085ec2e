package dev.tandem.pubsub.internal.publish;

import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.PublishReceipt;
import dev.tandem.pubsub.internal.frame.ForeseenHead;
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
  /** Below so many bytes the head costs as much as it saves. */
  private static final int WORTH_FORESEEING = 4 << 10;

  private static final int SERVER_TIME = 3;

  private final OutgoingFrame frame;
  private final List<RedisKey> channels;
  private @Nullable ForeseenHead foreseen;
  private String epoch = "";
  private long version;
  private long serverMillis;
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
    Foresight foresight = sender.foresight();
    ForeseenHead head =
        frame.bytes() < WORTH_FORESEEING || trouble() != null
            ? null
            : foresight.head(keys.channel(), System.nanoTime());
    foresight.sent(keys.channel(), frame);
    foreseen = head;
    return FrameScripts.publish(
        keys,
        head,
        head == null ? frame.body(sender.instanceId()) : frame.body(sender.instanceId(), head),
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
    version = Replies.number(fields.get(1));
    if (version < 0) {
      return version == FrameScripts.OVERTAKEN ? Outcome.OVERTAKEN : Outcome.OUT_OF_ORDER;
    }
    epoch = Replies.text(fields.get(0));
    receipts = frame.receipts(epoch, version, Replies.number(fields.get(2)));
    serverMillis = fields.size() > SERVER_TIME ? Replies.number(fields.get(SERVER_TIME)) : 0;
    return Outcome.DONE;
  }

  @Override
  void teach(Foresight foresight, Lanes lanes) {
    if (!isRemembered()) {
      return;
    }
    if (serverMillis > 0) {
      foresight.serverTime(serverMillis, System.nanoTime());
    }
    foresight.appended(
        channels.get(0),
        epoch,
        version + entries().size() - 1,
        frame.nonce(),
        foreseen != null && foreseen.version() + 1 != version,
        lanes.underWay(channels.get(0)));
  }

  @Override
  void complete() {
    frame.complete(receipts);
  }
}
