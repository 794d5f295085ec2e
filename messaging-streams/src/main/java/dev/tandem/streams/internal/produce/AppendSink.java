package dev.tandem.streams.internal.produce;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.batch.BatchSink;
import dev.tandem.redis.batch.Kept;
import dev.tandem.redis.command.Command;
import dev.tandem.streams.internal.wire.Pipelines;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Appends a batch: entries of unbounded streams by an XADD each if nothing is to be remembered, all
 * others by one call for many entries, one call of a stream at a time. All that can go goes in one
 * round trip.
 *
 * <p>Thread safety: the sending thread's, except {@link #fail}.
 */
public final class AppendSink implements BatchSink<Outgoing> {
  private static final Logger LOG = LoggerFactory.getLogger(AppendSink.class);

  /** Calls of more streams than this go in further round trips. */
  private static final long MOST_ROUND_BYTES = 4L * Frame.MOST_BYTES;

  private final RedisConnection redis;
  private final Appends appends;
  private final @Nullable Memory memory;
  private final Outcomes outcomes;
  private final Lanes lanes = new Lanes();
  private final LaneSettlement settlement;
  private long taken;

  /**
   * A sink over this connection.
   *
   * @param memory by which the server knows calls again; null to send each once
   */
  public AppendSink(
      RedisConnection redis, @Nullable Memory memory, Patience patience, Outcomes outcomes) {
    this.redis = redis;
    this.memory = memory;
    this.outcomes = outcomes;
    this.appends = new Appends(redis.openPipeline(), outcomes);
    this.settlement = new LaneSettlement(lanes, patience, outcomes);
  }

  @Override
  public void send(List<Outgoing> batch) {
    List<Outgoing> alone = sorted(batch);
    if (!alone.isEmpty() && lanes.isEmpty()) {
      appends.send(alone);
      return;
    }
    appends.settleAll(); // what follows goes by another connection
    try {
      List<Lane> due = lanes.due(System.nanoTime());
      while (!alone.isEmpty() || !due.isEmpty()) {
        round(alone, due);
        alone = List.of();
        due = lanes.due(System.nanoTime());
      }
    } catch (Throwable e) { // also errors: futures that hang for ever would be worse
      LOG.error("a producer failed", e);
      MessagingException why =
          new MessagingException(ErrorCode.SERVER_ERROR, false, "a producer failed: " + e, e);
      alone.forEach(entry -> outcomes.failed(entry, why));
      settlement.failAll(why, true);
    }
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

  private void round(List<Outgoing> alone, List<Lane> due) {
    List<Command> commands = new ArrayList<>(alone.size() + due.size());
    alone.forEach(entry -> commands.add(entry.append()));
    int entries = alone.size();
    long bytes = 0;
    int going = 0;
    while (going < due.size() && bytes < MOST_ROUND_BYTES) {
      Lane lane = due.get(going++);
      Frame frame = lane.frame(memory == null ? () -> 0 : memory::nextCall);
      if (frame.tries() > 0) {
        outcomes.resent(frame.entries().size());
      }
      commands.add(frame.next(memory, lane.newestId()));
      entries += frame.entries().size();
      bytes += frame.bytes();
    }
    outcomes.batch(entries);
    List<@Nullable Object> replies =
        outcomes.batchTime().timeSupplier(() -> Pipelines.executeAll(redis, commands));
    outcomes.answered(alone, replies);
    for (int i = 0; i < going; i++) {
      settlement.settle(due.get(i), replies.get(alone.size() + i));
    }
  }

  @Override
  public void fail(Outgoing entry, MessagingException why) {
    outcomes.failed(entry, why);
  }

  @Override
  public Kept kept() {
    return appends.isEmpty() ? lanes.kept() : appends.kept();
  }

  @Override
  public void failKept(MessagingException why) {
    appends.settleAll();
    settlement.failAll(why, false);
  }
}
