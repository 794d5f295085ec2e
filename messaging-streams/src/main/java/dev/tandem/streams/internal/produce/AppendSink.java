package dev.tandem.streams.internal.produce;

import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.batch.BatchSink;
import dev.tandem.redis.batch.Kept;
import dev.tandem.redis.batch.LaneBook;
import dev.tandem.redis.command.RedisKey;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Appends a batch: entries of unbounded streams by an XADD each if nothing is to be remembered, all
 * others by one call for many entries. Under load the next round is written before the replies to
 * the one before are read.
 *
 * <p>Thread safety: the sending thread's, except {@link #fail}.
 */
public final class AppendSink implements BatchSink<Outgoing> {
  /** A batch as large as this has more coming behind it. */
  private static final int LARGE = 256;

  /** Calls of more streams than this go in further round trips. */
  private static final long MOST_ROUND_BYTES = 4L * Frame.MOST_BYTES;

  private final @Nullable Memory memory;
  private final Outcomes outcomes;
  private final LaneBook<RedisKey, Outgoing, Lane> lanes =
      new LaneBook<>(
          entry -> entry.keys().stream(), entry -> new Lane(entry.keys()), Outgoing::bytes);
  private final @Nullable Admission admission;
  private final LaneSettlement settlement;
  private final Rounds rounds;
  private long taken;

  /**
   * A sink over this connection.
   *
   * @param memory by which the server knows calls again; null to send each once
   */
  public AppendSink(
      RedisConnection redis, @Nullable Memory memory, Patience patience, Outcomes outcomes) {
    this.memory = memory;
    this.outcomes = outcomes;
    this.admission = outcomes.admission();
    this.settlement = new LaneSettlement(lanes, patience, outcomes);
    this.rounds = new Rounds(redis.openPipeline(), memory, settlement, outcomes);
  }

  @Override
  public void send(List<Outgoing> batch) {
    List<Outgoing> alone = admitted(sorted(batch));
    rounds.makeReady();
    List<Call> calls = calls();
    while (!alone.isEmpty() || !calls.isEmpty()) {
      // The connection repeats a round that was not executed only if nothing else is under way, and
      // calls that are not remembered are repeated by nobody else.
      int ahead = calls.isEmpty() || memory != null ? 1 : 0;
      rounds.settleDownTo(ahead);
      rounds.send(alone, calls);
      rounds.settleDownTo(ahead);
      alone = List.of();
      rounds.makeReady();
      calls = calls();
    }
    rounds.settleDownTo(batch.size() < LARGE ? 0 : 1);
    if (admission != null) {
      admission.rest();
    }
  }

  /** What quotas allow. While rounds are under way, it may be these that leave no room. */
  private List<Outgoing> admitted(List<Outgoing> entries) {
    if (admission == null || entries.isEmpty()) {
      return entries;
    }
    Admission.Result result = admission.ask(entries);
    if (!result.refused().isEmpty() && !rounds.isEmpty()) {
      rounds.settleDownTo(0);
      result = admission.ask(entries); // those that were admitted stay so
    }
    result.refused().forEach(each -> outcomes.failed(each.entry(), each.why()));
    return result.admitted();
  }

  /** Sorts entries into lanes; gives back those that need none. */
  private List<Outgoing> sorted(List<Outgoing> batch) {
    long now = System.nanoTime();
    List<Outgoing> alone = new ArrayList<>(memory == null ? batch.size() : 0);
    for (Outgoing entry : batch) {
      entry.taken(taken++, now);
      if (memory == null && entry.mostEntries() == 0 && !lanes.isActive(entry.keys().stream())) {
        alone.add(entry);
      } else {
        lanes.add(entry);
      }
    }
    return alone;
  }

  /** What can be sent of the lanes now, as much as goes in one round. */
  private List<Call> calls() {
    List<Call> calls = new ArrayList<>();
    List<Admission.Refused> refused = new ArrayList<>(0);
    long bytes = 0;
    for (Lane lane : lanes.due(System.nanoTime())) {
      if (bytes >= MOST_ROUND_BYTES) {
        break;
      }
      int before = refused.size();
      for (Call call : lane.next(memory, admission, refused)) {
        calls.add(call);
        bytes += call.frame().bytes();
      }
      if (refused.size() > before) {
        lanes.settled(entries(refused.subList(before, refused.size())));
        lanes.turnOver(lane);
      }
    }
    refused.forEach(each -> outcomes.failed(each.entry(), each.why()));
    return calls;
  }

  private static List<Outgoing> entries(List<Admission.Refused> refused) {
    return refused.stream().map(Admission.Refused::entry).toList();
  }

  @Override
  public void fail(Outgoing entry, MessagingException why) {
    outcomes.failed(entry, why);
  }

  @Override
  public Kept kept() {
    Kept inLanes = lanes.kept();
    if (rounds.isEmpty()) {
      return inLanes;
    }
    Kept underWay = rounds.kept();
    return new Kept(
        inLanes.entries() + underWay.entries(),
        inLanes.bytes() + underWay.bytes(),
        Math.min(inLanes.before(), underWay.before()),
        underWay.dueNanos());
  }

  @Override
  public void failKept(MessagingException why) {
    rounds.settleDownTo(0);
    settlement.failAll(why, false);
  }
}
