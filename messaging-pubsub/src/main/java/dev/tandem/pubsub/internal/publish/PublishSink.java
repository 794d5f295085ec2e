package dev.tandem.pubsub.internal.publish;

import dev.tandem.api.error.MessagingException;
import dev.tandem.pubsub.internal.BusMetrics;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.batch.BatchSink;
import dev.tandem.redis.batch.Kept;
import dev.tandem.tenant.internal.quota.QuotaGate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sends messages in frames, one script call each all that is there in rounds, and those again that
 * may not have arrived.
 *
 * <p>Thread safety: the thread's that sends, except {@link #fail} and {@link #canBegin}.
 */
final class PublishSink implements BatchSink<Outgoing> {
  /** A batch as large as this has more coming behind it. */
  private static final int LARGE = 256;

  /** The most bytes that a socket with nothing under way takes without waiting, for certain. */
  private static final int MOST_AT_ONCE = 8 << 10;

  private final Outcomes outcomes;
  private final @Nullable Admission admission;
  private final Lanes lanes;
  private final Settlement settlement;
  private final Rounds rounds;
  private long taken;

  PublishSink(
      RedisConnection redis,
      Sender sender,
      Resending resending,
      BusMetrics metrics,
      Outcomes outcomes,
      @Nullable QuotaGate gate) {
    this.outcomes = outcomes;
    this.admission = gate == null ? null : new Admission(gate);
    this.lanes = new Lanes(sender.nonces());
    this.settlement = new Settlement(lanes, resending, outcomes, sender.foresight());
    this.rounds = new Rounds(redis.openPipeline(), sender, settlement, outcomes, metrics.publish());
  }

  @Override
  public void send(List<Outgoing> batch) {
    for (Outgoing entry : batch) {
      entry.number(taken++);
      MessagingException refusal = admission == null ? null : admission.refusal(entry);
      if (refusal == null) {
        add(entry);
      } else {
        outcomes.failed(entry, refusal);
      }
    }
    boolean hasSent = false;
    for (List<Lanes.Try> round = next(); !round.isEmpty(); round = next()) {
      rounds.send(round);
      hasSent = true;
    }
    rounds.settleDownTo(hasSent && batch.size() >= LARGE ? 1 : 0);
  }

  @Override
  public boolean canBegin(Outgoing entry) {
    // Quotas may have to be asked for, which takes a round trip.
    return admission == null && entry.size() <= MOST_AT_ONCE && rounds.canBegin();
  }

  @Override
  public void begin(Outgoing entry) {
    entry.number(taken++);
    add(entry);
    rounds.begin(next());
  }

  private List<Lanes.Try> next() {
    rounds.makeReady();
    return lanes.due(System.nanoTime());
  }

  private void add(Outgoing entry) {
    if (entry instanceof PendingPublish message) {
      lanes.add(message);
    } else if (entry instanceof PendingBatch several) {
      lanes.add(several);
    }
  }

  @Override
  public void fail(Outgoing entry, MessagingException why) {
    outcomes.failed(entry, why);
  }

  @Override
  public Kept kept() {
    Kept kept = lanes.kept();
    return rounds.isEmpty()
        ? kept
        : new Kept(kept.entries(), kept.bytes(), kept.before(), System.nanoTime());
  }

  @Override
  public void failKept(MessagingException why) {
    rounds.settleDownTo(0);
    settlement.failAll(why);
  }
}
