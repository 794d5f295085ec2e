package dev.tandem.hybrid.internal.send;

import dev.tandem.api.error.MessagingException;
import dev.tandem.hybrid.internal.wire.HybridScript;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.batch.BatchSink;
import dev.tandem.redis.batch.Kept;
import dev.tandem.redis.batch.LaneBook;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Sends a batch as calls of a script, many in one round trip, and those again that may not have
 * been executed; or hands it over to the spool while that holds what comes before it.
 *
 * <p>Thread safety: the sending thread's, except {@link #fail}.
 */
public final class HybridSink implements BatchSink<Outgoing> {
  /** A batch as large as this has more coming behind it. */
  private static final int LARGE = 256;

  /** Calls of more tenants than this go in further round trips. */
  private static final long MOST_ROUND_BYTES = 4L << 20;

  private final Calls calls;
  private final Duration life;
  private final boolean remembered;
  private final @Nullable SpoolEntrance spool;
  private final Outcomes outcomes;
  private final @Nullable Admission admission;
  private final LaneBook<Tenant, Outgoing, Lane> lanes =
      new LaneBook<>(
          message -> message.destination().tenant(),
          message -> new Lane(message.destination().tenant()),
          Outgoing::bytes);
  private final Settlement settlement;
  private final Rounds rounds;
  private long taken;

  /**
   * A sink over this connection.
   *
   * @param life how long the server remembers calls; zero if they are not remembered
   * @param spool where messages go while Redis is away; null if nowhere
   */
  public HybridSink(
      RedisConnection redis,
      HybridScript script,
      Calls calls,
      Duration life,
      Patience patience,
      @Nullable SpoolEntrance spool,
      Outcomes outcomes) {
    this.calls = calls;
    this.life = life;
    this.remembered = !life.isZero();
    this.spool = spool;
    this.outcomes = outcomes;
    this.admission = outcomes.admission();
    this.settlement = new Settlement(lanes, calls, patience, spool, outcomes);
    this.rounds = new Rounds(redis.openPipeline(), script, settlement, outcomes);
  }

  @Override
  public void send(List<Outgoing> batch) {
    add(batch);
    boolean more = true;
    while (more && !lanes.all(Lane::isAllSent)) {
      makeRoom();
      rounds.makeReady();
      List<Try> round = round();
      if (!round.isEmpty()) {
        rounds.send(round);
      }
      more = rounds.settleAnswered() || !round.isEmpty();
    }
    rounds.settleDownTo(batch.size() < LARGE ? 0 : 1);
    if (admission != null) {
      admission.rest();
    }
  }

  /**
   * Waits until a round may be written. The connection repeats one that was not executed only if
   * nothing else is under way, and calls that are not remembered are repeated by nobody else: those
   * go one round after the other, but the next calls are made while the server is at work.
   */
  private void makeRoom() {
    if (remembered) {
      rounds.settleDownTo(1);
    } else {
      lanes.due(System.nanoTime()).forEach(lane -> lane.form(calls));
      rounds.awaitAll();
    }
  }

  /** Why quotas do not allow a message. While rounds are under way, it may be these. */
  private @Nullable MessagingException refusal(Outgoing message) {
    if (admission == null) {
      return null;
    }
    MessagingException why = admission.refusal(message);
    if (why != null && !rounds.isEmpty()) {
      rounds.settleDownTo(0);
      return admission.refusal(message);
    }
    return why;
  }

  /**
   * Puts messages into their lanes, or into the spool. Never into the spool past others of their
   * tenant that are in its lane: those would come behind with lower numbers, and Redis would take
   * them for calls of long ago.
   */
  private void add(List<Outgoing> batch) {
    long now = System.nanoTime();
    Map<Outgoing, MessagingException> refused = new LinkedHashMap<>(0);
    Map<Tenant, List<Outgoing>> behind = new LinkedHashMap<>(0);
    for (Outgoing message : batch) {
      message.taken(taken++, now);
      Tenant tenant = message.destination().tenant();
      MessagingException refusal = refusal(message);
      if (refusal != null) {
        refused.put(message, refusal);
      } else if (spool != null
          && !lanes.isActive(tenant)
          && (behind.containsKey(tenant) || spool.takes(tenant))) {
        behind.computeIfAbsent(tenant, key -> new ArrayList<>()).add(message);
      } else {
        lanes.add(message);
      }
    }
    if (spool != null && !behind.isEmpty()) {
      settlement.spool(spool, behind.values());
    }
    refused.forEach(outcomes::failed);
  }

  /** What can be sent of the lanes now, as much as goes in one round. */
  private List<Try> round() {
    List<Try> round = new ArrayList<>();
    long bytes = 0;
    for (Lane lane : lanes.due(System.nanoTime())) {
      if (bytes >= MOST_ROUND_BYTES) {
        break;
      }
      for (Try one : lane.next(calls, life)) {
        round.add(one);
        bytes += one.call().call().bytes();
      }
    }
    return round;
  }

  @Override
  public void fail(Outgoing message, MessagingException why) {
    outcomes.failed(message, why);
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
    settlement.endAll(why);
  }
}
