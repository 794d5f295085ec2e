package dev.tandem.pubsub.internal.publish;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.pubsub.internal.BusMetrics;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.batch.BatchSink;
import dev.tandem.redis.batch.Kept;
import dev.tandem.redis.command.Command;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends messages in frames, one script call each and a pipeline for all that is there, and those
 * again that may not have arrived.
 *
 * <p>Thread safety: the sending thread's, except {@link #fail}.
 */
final class PublishSink implements BatchSink<Outgoing> {
  private static final Logger LOG = LoggerFactory.getLogger(PublishSink.class);

  private final RedisConnection redis;
  private final Sender sender;
  private final BusMetrics metrics;
  private final Outcomes outcomes;
  private final Lanes lanes;
  private final Settlement settlement;
  private long taken;
  private long rounds;

  PublishSink(
      RedisConnection redis,
      Sender sender,
      Resending resending,
      BusMetrics metrics,
      Outcomes outcomes) {
    this.redis = redis;
    this.sender = sender;
    this.metrics = metrics;
    this.outcomes = outcomes;
    this.lanes = new Lanes(sender.nonces());
    this.settlement = new Settlement(lanes, resending, outcomes);
  }

  @Override
  public void send(List<Outgoing> batch) {
    for (Outgoing entry : batch) {
      entry.number(taken++);
      add(entry);
    }
    List<Lanes.Try> round = lanes.due(System.nanoTime());
    while (!round.isEmpty()) {
      rounds++;
      send(round, rounds);
      round = lanes.due(System.nanoTime());
    }
  }

  private void add(Outgoing entry) {
    if (entry instanceof PendingPublish message) {
      lanes.add(message);
    } else if (entry instanceof PendingBatch several) {
      lanes.add(several);
    }
  }

  private void send(List<Lanes.Try> tries, long round) {
    List<@Nullable Object> replies;
    try {
      replies = replies(tries);
    } catch (MessagingException e) {
      tries.forEach(one -> settlement.tryFailed(one.call(), e, round));
      return;
    } catch (Throwable e) { // also errors: futures that hang for ever would be worse
      LOG.error("publishing failed", e);
      MessagingException why =
          new MessagingException(ErrorCode.OUTCOME_UNKNOWN, false, "publishing failed: " + e, e);
      tries.forEach(one -> settlement.tryFailed(one.call(), why, round));
      return;
    }
    for (int i = 0; i < tries.size(); i++) {
      settlement.settle(tries.get(i).call(), replies.get(i), round);
    }
  }

  private List<@Nullable Object> replies(List<Lanes.Try> tries) {
    List<Command> commands = new ArrayList<>(tries.size());
    for (Lanes.Try one : tries) {
      if (one.call().trouble() != null) {
        outcomes.resent(one.call());
      }
      commands.add(one.call().command(sender, one.after()));
    }
    return metrics.publish().timeSupplier(() -> redis.commands().executeAll(commands));
  }

  @Override
  public void fail(Outgoing entry, MessagingException why) {
    outcomes.failed(entry, why);
  }

  @Override
  public Kept kept() {
    return lanes.kept();
  }

  @Override
  public void failKept(MessagingException why) {
    settlement.failAll(why);
  }
}
