package dev.tandem.pubsub.internal.publish;

import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.PublishReceipt;
import dev.tandem.pubsub.internal.frame.FrameScripts;
import dev.tandem.pubsub.internal.frame.PublishTry;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One frame for each of several channels.
 *
 * <p>Thread safety: not safe for use by many threads; the sending thread's.
 */
final class BatchCall extends Call {
  private static final int FIELDS = 3;

  private final PendingBatch batch;
  private final List<RedisKey> channels;
  private final List<List<PublishReceipt>> receipts = new ArrayList<>();

  BatchCall(PendingBatch batch) {
    this.batch = batch;
    this.channels = batch.frames().stream().map(frame -> frame.first().keys().channel()).toList();
  }

  @Override
  List<RedisKey> channels() {
    return channels;
  }

  @Override
  List<OutgoingFrame> frames() {
    return batch.frames();
  }

  @Override
  List<PendingBatch> entries() {
    return List.of(batch);
  }

  @Override
  boolean isRemembered() {
    return frames().get(0).channel().isRecoverable();
  }

  @Override
  boolean mayFollow() {
    return false;
  }

  @Override
  Command command(Sender sender, long after) {
    channels.forEach(sender.foresight()::forget);
    List<FrameScripts.Part> parts = new ArrayList<>(frames().size());
    for (OutgoingFrame frame : frames()) {
      Channel<?> channel = frame.channel();
      parts.add(
          new FrameScripts.Part(
              frame.first().keys(),
              frame.body(sender.instanceId()),
              sender.nonces().next(),
              channel.retention(),
              channel.maxMessages()));
    }
    return FrameScripts.publishAll(
        parts, new PublishTry(sender.publisher(), number(), after, maybeDone()));
  }

  @Override
  Outcome read(@Nullable Object reply) {
    List<@Nullable Object> fields = Replies.list(Replies.orThrow(reply));
    if (Replies.number(fields.get(1)) < 0) {
      return Outcome.OVERTAKEN;
    }
    receipts.clear();
    for (int i = 0; i < frames().size(); i++) {
      OutgoingFrame frame = frames().get(i);
      int at = i * FIELDS;
      receipts.add(
          frame.receipts(
              frame.channel().isRecoverable() ? Replies.text(fields.get(at)) : null,
              Replies.number(fields.get(at + 1)),
              Replies.number(fields.get(at + 2))));
    }
    return Outcome.DONE;
  }

  @Override
  void teach(Foresight foresight, Lanes lanes) {} // what it did was forgotten when it was sent

  @Override
  void complete() {
    for (int i = 0; i < frames().size(); i++) {
      frames().get(i).complete(receipts.get(i));
    }
    batch.complete();
  }
}
