package dev.tandem.pubsub.internal.publish;

import dev.tandem.pubsub.internal.frame.Nonces;
import dev.tandem.redis.batch.Kept;
import dev.tandem.redis.command.RedisKey;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The calls that are not settled, by channel and in order: what comes behind a call that is to be
 * sent again waits for it, and other channels do not.
 *
 * <p>Thread safety: not safe for use by many threads; the sending thread's.
 */
final class Lanes {
  /** The most recoverable calls for one channel under way; the server remembers as many. */
  private static final int MOST_REMEMBERED = 16;

  /** The most of them in one round, so that two rounds can be under way. */
  private static final int MOST_REMEMBERED_A_ROUND = MOST_REMEMBERED / 2;

  /** The most fleeting calls for one channel under way, in two rounds. */
  private static final int MOST_FLEETING = 64;

  /** About the most bytes in one round. */
  private static final long MOST_BYTES = 4L << 20;

  private static final ArrayDeque<Call> NO_CALLS = new ArrayDeque<>(0);

  private final Map<RedisKey, ArrayDeque<Call>> byChannel = new LinkedHashMap<>();
  private final Nonces nonces;
  private long calls;

  Lanes(Nonces nonces) {
    this.nonces = nonces;
  }

  /**
   * One try of a call.
   *
   * @param after the number of the call under way that must come before it; 0 if there is none
   */
  record Try(Call call, long after) {}

  /** Puts a message behind all others of its channel. */
  void add(PendingPublish message) {
    ArrayDeque<Call> lane = lane(message.keys().channel());
    if (!(lane.peekLast() instanceof FrameCall last) || !last.take(message)) {
      lane.add(new FrameCall(new OutgoingFrame(message, nonces.next())));
    }
  }

  /** Puts a batch behind all others of its channels. */
  void add(PendingBatch batch) {
    BatchCall call = new BatchCall(batch);
    call.channels().forEach(channel -> lane(channel).add(call));
  }

  private ArrayDeque<Call> lane(RedisKey channel) {
    return byChannel.computeIfAbsent(channel, key -> new ArrayDeque<>(4));
  }

  /**
   * What can be sent now, in order, as much as goes in one round; it counts as under way from now
   * on.
   */
  List<Try> due(long nowNanos) {
    List<Try> round = new ArrayList<>();
    long bytes = 0;
    for (Map.Entry<RedisKey, ArrayDeque<Call>> lane : byChannel.entrySet()) {
      if (bytes >= MOST_BYTES) {
        break;
      }
      for (Try next : due(lane.getKey(), lane.getValue(), nowNanos, MOST_BYTES - bytes)) {
        next.call().underWay();
        round.add(next);
        bytes += next.call().bytes();
      }
    }
    return round;
  }

  /** What of one channel can be sent now. */
  private List<Try> due(RedisKey channel, ArrayDeque<Call> lane, long nowNanos, long mostBytes) {
    List<Try> due = new ArrayList<>();
    long after = 0;
    long bytes = 0;
    int before = 0;
    for (Call call : lane) {
      if (!call.isUnderWay()) {
        boolean isReady =
            before == 0
                ? call.isDue(nowNanos) && isOf(channel, call) && isFirstEverywhere(call)
                : mayFollow(lane.element(), call) && before < mostUnderWay(call);
        if (!isReady || due.size() >= mostARound(call) || bytes >= mostBytes) {
          break;
        }
        if (!call.isSent()) {
          call.number(++calls);
        }
        due.add(new Try(call, after));
        bytes += call.bytes();
      }
      if (!call.mayFollow()) {
        break;
      }
      before++;
      after = call.isRemembered() ? call.number() : after;
    }
    return due;
  }

  /**
   * Whether a call may go before the reply to an earlier one is there. Recoverable and fleeting
   * ones wait for each other: the server keeps only calls of one kind from overtaking.
   */
  private static boolean mayFollow(Call earlier, Call call) {
    return call.mayFollow() && call.isRemembered() == earlier.isRemembered();
  }

  private static int mostUnderWay(Call call) {
    return call.isRemembered() ? MOST_REMEMBERED : MOST_FLEETING;
  }

  private static int mostARound(Call call) {
    return call.isRemembered() ? MOST_REMEMBERED_A_ROUND : MOST_FLEETING / 2;
  }

  /** Whether nothing comes before it on any of its channels. */
  private boolean isFirstEverywhere(Call call) {
    for (RedisKey channel : call.channels()) {
      ArrayDeque<Call> lane = byChannel.get(channel);
      if (lane == null || lane.peek() != call) {
        return false;
      }
    }
    return true;
  }

  /** Whether this is the channel in whose turn it is sent and counted. */
  private static boolean isOf(RedisKey channel, Call call) {
    return call.channels().get(0).equals(channel);
  }

  /** Takes a call out. */
  void remove(Call call) {
    for (RedisKey channel : call.channels()) {
      ArrayDeque<Call> lane = byChannel.get(channel);
      if (lane != null && lane.remove(call) && lane.isEmpty()) {
        byChannel.remove(channel);
      }
    }
  }

  /** The calls on its channels that come before this one, in each channel's order. */
  List<Call> before(Call call) {
    List<Call> before = new ArrayList<>(0);
    for (RedisKey channel : call.channels()) {
      for (Call other : byChannel.getOrDefault(channel, NO_CALLS)) {
        if (other == call) {
          break;
        }
        before.add(other);
      }
    }
    return before;
  }

  /** The calls that share a channel with this one, itself among them, in each channel's order. */
  List<Call> sharing(Call call) {
    List<Call> all = new ArrayList<>();
    for (RedisKey channel : call.channels()) {
      all.addAll(byChannel.getOrDefault(channel, NO_CALLS));
    }
    return all;
  }

  /** The frames on a channel whose calls are under way, in order. */
  List<OutgoingFrame> underWay(RedisKey channel) {
    List<OutgoingFrame> frames = new ArrayList<>();
    for (Call call : byChannel.getOrDefault(channel, NO_CALLS)) {
      if (call.isUnderWay()) {
        frames.addAll(call.frames());
      }
    }
    return frames;
  }

  /** Any call, or null. */
  @Nullable Call any() {
    Iterator<ArrayDeque<Call>> lanes = byChannel.values().iterator();
    return lanes.hasNext() ? lanes.next().peek() : null;
  }

  /** What waits here. */
  Kept kept() {
    if (byChannel.isEmpty()) {
      return Kept.NOTHING;
    }
    int entries = 0;
    long bytes = 0;
    long before = Long.MAX_VALUE;
    Call first = null;
    for (Map.Entry<RedisKey, ArrayDeque<Call>> lane : byChannel.entrySet()) {
      for (Call call : lane.getValue()) {
        if (isOf(lane.getKey(), call)) {
          entries += call.entries().size();
          bytes += call.bytes();
        }
      }
      Call head = lane.getValue().element();
      before = Math.min(before, head.entries().get(0).number());
      if (isFirstEverywhere(head) && (first == null || head.dueNanos() - first.dueNanos() < 0)) {
        first = head;
      }
    }
    return new Kept(entries, bytes, before, first == null ? 0 : first.dueNanos());
  }
}
