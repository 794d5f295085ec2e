package dev.tandem.hybrid.internal;

import com.codahale.metrics.Timer;
import dev.tandem.api.MessageId;
import dev.tandem.api.Position;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.hybrid.HybridReceipt;
import dev.tandem.pubsub.internal.frame.FrameBody;
import dev.tandem.pubsub.internal.frame.Nonces;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.batch.BatchSink;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.redis.metrics.Tally;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Sends a batch as bundles, one script call each, in one round trip, and completes the futures. */
public final class HybridSink implements BatchSink<Outgoing> {
  private final RedisConnection redis;
  private final Nonces nonces;
  private final String instanceId;
  private final Tally published;
  private final Tally failed;
  private final Tally unknown;
  private final Timer batchTime;

  /**
   * A sink over this connection.
   *
   * @param instanceId what the frames say they come from
   */
  public HybridSink(RedisConnection redis, Nonces nonces, String instanceId) {
    this.redis = redis;
    this.nonces = nonces;
    this.instanceId = instanceId;
    this.published = new Tally(redis.metrics().counter("tandem.hybrid.published"));
    this.failed = new Tally(redis.metrics().counter("tandem.hybrid.failed"));
    this.unknown = new Tally(redis.metrics().counter("tandem.hybrid.outcome-unknown"));
    this.batchTime = redis.metrics().timer("tandem.hybrid.batch-time");
  }

  @Override
  public void send(List<Outgoing> batch) {
    List<Bundle> bundles = Bundles.of(batch, FrameBody.MAX_MESSAGES, FrameBody.MAX_BYTES);
    List<FrameBody> bodies = new ArrayList<>(bundles.size());
    List<Command> calls = new ArrayList<>(bundles.size());
    for (Bundle bundle : bundles) {
      FrameBody body = body(bundle);
      bodies.add(body);
      calls.add(HybridScript.publish(bundle, body, nonces.next()));
    }
    List<@Nullable Object> replies =
        batchTime.timeSupplier(() -> redis.commands().executeAll(calls));
    for (int i = 0; i < bundles.size(); i++) {
      settle(bundles.get(i), bodies.get(i), replies.get(i));
    }
  }

  private FrameBody body(Bundle bundle) {
    Outgoing first = bundle.first();
    return FrameBody.of(
        first.tenant().name(),
        first.channel().name(),
        instanceId,
        nonces.next(),
        bundle.messages().stream().map(Outgoing::live).toList());
  }

  private void settle(Bundle bundle, FrameBody body, @Nullable Object reply) {
    List<HybridReceipt> receipts;
    try {
      receipts = receipts(bundle, body, Replies.list(reply));
    } catch (MessagingException e) {
      bundle.messages().forEach(message -> fail(message, e));
      return;
    }
    published.add(receipts.size());
    for (int i = 0; i < receipts.size(); i++) {
      bundle.messages().get(i).result().complete(receipts.get(i));
    }
  }

  private static List<HybridReceipt> receipts(
      Bundle bundle, FrameBody body, List<@Nullable Object> reply) {
    boolean recoverable = bundle.first().channel().isRecoverable();
    String epoch = Replies.text(reply.get(0));
    long version = Replies.number(reply.get(1));
    long receivers = Replies.number(reply.get(2));
    List<HybridReceipt> receipts = new ArrayList<>(body.count());
    for (int i = 0; i < body.count(); i++) {
      receipts.add(
          new HybridReceipt(
              MessageId.of(Replies.text(reply.get(3 + i))),
              recoverable ? new Position(epoch, version + i, body.nonce()) : null,
              receivers));
    }
    return receipts;
  }

  @Override
  public void fail(Outgoing outgoing, MessagingException why) {
    boolean isUnknown = why.code() == ErrorCode.OUTCOME_UNKNOWN;
    (isUnknown ? unknown : failed).add(1);
    outgoing.result().completeExceptionally(why);
  }

  /** Messages on both sides. */
  public long published() {
    return published.sum();
  }

  /** Messages on neither side. */
  public long failed() {
    return failed.sum();
  }

  /** Messages whose reply was lost. */
  public long outcomeUnknown() {
    return unknown.sum();
  }
}
