package dev.tandem.streams.internal.consume;

import dev.tandem.api.error.BufferFullException;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.streams.HeldDelivery;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.internal.group.Backoff;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One poll of a lane: rounds of taking what there is, until there is some or the time is over. */
final class Polling<T> {
  private static final Duration LONGEST_BLOCK = Duration.ofMillis(200);
  private static final Duration SHORTEST_BLOCK = Duration.ofMillis(10);
  private static final int MOST_ROUNDS_AT_ONCE = 10;

  private final ConsumerCore core;
  private final Lane lane;
  private final StreamTopic<T> topic;
  private final int most;
  private final long deadline;
  private final Backoff backoff;

  Polling(ConsumerCore core, Lane lane, StreamTopic<T> topic, int most, long deadline) {
    this.core = core;
    this.lane = lane;
    this.topic = topic;
    this.most = most;
    this.deadline = deadline;
    this.backoff = new Backoff(core.settings().random());
  }

  /** Polls, when the turn is ours. */
  List<HeldDelivery<T>> poll() throws InterruptedException {
    for (int round = 1; ; round++) {
      core.checkOpen();
      @Nullable MessagingException trouble = null;
      boolean atOnce;
      try {
        lane.trouble("");
        HandingOut<T> handing = once();
        core.proven();
        if (!handing.isEmpty()) {
          return handing.out();
        }
        atOnce = handing.hasDiscarded();
      } catch (BufferFullException | ClosedException e) {
        throw e;
      } catch (MessagingException e) {
        core.checkOpen();
        trouble = e;
        lane.trouble(String.valueOf(e.getMessage()));
        atOnce = isMended(e);
      }
      if (!atOnce || round >= MOST_ROUNDS_AT_ONCE) {
        if (isTimeOver()) {
          if (trouble != null) {
            throw trouble;
          }
          return List.of();
        }
        if (trouble != null) {
          core.pause(Math.min(deadline - System.nanoTime(), backoff.next().toNanos()));
        }
      }
    }
  }

  private boolean isTimeOver() {
    return deadline - System.nanoTime() <= 0 || Thread.currentThread().isInterrupted();
  }

  /** Whether the next round finds out, or puts right, what went wrong. */
  private static boolean isMended(MessagingException trouble) {
    return trouble.code() == ErrorCode.GROUP_MISSING || trouble.code() == ErrorCode.OUTCOME_UNKNOWN;
  }

  private HandingOut<T> once() throws InterruptedException {
    lane.settleDoomed();
    lane.letLapse();
    int wanted = Math.max(0, most - lane.ready.size());
    int room = core.permits().reserve(wanted);
    if (room == 0 && lane.ready.isEmpty()) {
      awaitRoom();
      room = core.permits().reserve(wanted);
    }
    try {
      lane.gather(room, block());
      HandingOut<T> handing = new HandingOut<>(core, lane, topic);
      handing.upTo(most);
      return handing;
    } finally {
      core.permits().giveBack(room);
    }
  }

  private void awaitRoom() throws InterruptedException {
    long step = LONGEST_BLOCK.toNanos();
    while (!core.permits()
        .await(System.nanoTime() + Math.min(step, deadline - System.nanoTime()))) {
      if (deadline - System.nanoTime() <= 0) {
        throw full();
      }
      core.checkOpen();
      lane.letLapse();
    }
  }

  private BufferFullException full() {
    return new BufferFullException(
        "consumer "
            + core.settings().consumer()
            + " holds "
            + core.settings().maxHeld()
            + " deliveries, its maxHeld: settle some before polling for more",
        lane.stream().tenant().name(),
        topic.name());
  }

  /** Short against the lease: a lease counts from when its read was sent, not from its reply. */
  private Duration block() {
    long left = Math.max(0, deadline - System.nanoTime());
    long quarter = Math.max(SHORTEST_BLOCK.toNanos(), core.settings().lease().toNanos() / 4);
    return Duration.ofMillis(
        TimeUnit.NANOSECONDS.toMillis(Math.min(left, Math.min(quarter, LONGEST_BLOCK.toNanos()))));
  }
}
