package dev.tandem.streams.internal.trim;

import dev.tandem.api.error.ClosedException;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.streams.TrimReport;
import dev.tandem.streams.Trimming;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.tenant.StreamKeys;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When which of some streams is to be trimmed: at intervals, by one process at a time, if it is not
 * as it was when nothing more could be removed. What only the time that goes by allows to be
 * removed is looked for as often by age, and every 5 minutes otherwise. One call works for {@value
 * #MOST_MILLIS} ms or little more; the next one goes on. For one thread, apart from {@link #saw}.
 */
public final class TrimAgenda {
  private static final Logger LOG = LoggerFactory.getLogger(TrimAgenda.class);
  private static final long UNCHANGED_NANOS = TimeUnit.MINUTES.toNanos(5);
  private static final long MOST_MILLIS = 20;
  private static final int CALLS_AT_A_TIME = 4;

  /** So much of an interval early, so that the thread wakes for many streams at a time. */
  private static final int EARLY = 40;

  private final CommandExecutor executor;
  private final Duration every;
  private final RandomGenerator random;
  private final Map<String, Turn> byStream = new HashMap<>();
  private final PriorityQueue<Turn> turns =
      new PriorityQueue<>(Comparator.comparing(turn -> turn.at, (a, b) -> Long.signum(a - b)));

  /** An agenda without streams that has each trimmed about so often. */
  public TrimAgenda(CommandExecutor executor, Duration every, RandomGenerator random) {
    this.executor = executor;
    this.every = every;
    this.random = random;
  }

  /** What there is to see of a stream. */
  public record Sight(EntryId position, long pending, long length) {}

  /** Has this stream trimmed too; before anything else is called. */
  public void add(StreamKeys keys, Trimmer trimmer, Trimming trimming) {
    if (trimming.kind() != Trimming.Kind.NONE) {
      Turn turn = new Turn(keys, trimmer, trimming);
      turn.at = later();
      byStream.put(keys.stream().text(), turn);
      turns.add(turn);
    }
  }

  // Jittered, so that it is not always the same process that comes too late.
  private long later() {
    long half = every.toNanos() / 2;
    return System.nanoTime() + half + random.nextLong(half);
  }

  /** Says how a stream looks. From any thread. */
  public void saw(StreamKeys keys, Sight sight) {
    Turn turn = byStream.get(keys.stream().text());
    if (turn != null) {
      turn.seen = sight;
    }
  }

  /** In how many nanoseconds something is due. */
  public long untilNext() {
    Turn first = turns.peek();
    return first == null ? Long.MAX_VALUE : Math.max(0, first.at - System.nanoTime());
  }

  /**
   * Trims streams that are due.
   *
   * @throws ClosedException if the connection was closed; whatever else fails is tried again
   */
  public void trimDue() {
    long now = System.nanoTime();
    long until = now + TimeUnit.MILLISECONDS.toNanos(MOST_MILLIS);
    long early = every.toNanos() / EARLY;
    Turn next = turns.peek();
    while (next != null && next.at - now <= early && until - System.nanoTime() > 0) {
      turns.remove();
      boolean goesOn = false;
      try {
        goesOn = next.isWorthIt(now) && trim(next);
      } catch (ClosedException e) {
        throw e;
      } catch (RuntimeException | Error e) {
        LOG.debug("{} could not be trimmed, will be tried again", next.keys, e);
      } finally {
        next.goesOn = goesOn;
        next.at = goesOn ? System.nanoTime() : later();
        turns.add(next);
      }
      next = turns.peek();
    }
  }

  /** Trims a stream a little; whether there is more to remove. */
  private boolean trim(Turn turn) {
    Sight before = turn.seen;
    Optional<TrimReport> report =
        turn.goesOn
            ? Optional.of(turn.trimmer.run(executor, turn.keys, turn.trimming, CALLS_AT_A_TIME))
            : turn.trimmer.runInTurn(executor, turn.keys, turn.trimming, every, CALLS_AT_A_TIME);
    boolean more = report.isPresent() && !report.get().complete();
    if (report.isPresent() && !more) {
      turn.trimmed = before;
      turn.trimmedNanos = System.nanoTime();
    }
    return more;
  }

  /** When a stream is to be trimmed next, and what is known of it. */
  private static final class Turn {
    final StreamKeys keys;
    final Trimmer trimmer;
    final Trimming trimming;
    long at;
    boolean goesOn;
    volatile @Nullable Sight seen;

    /** How it looked before it was trimmed to the end. */
    @Nullable Sight trimmed;

    long trimmedNanos;

    Turn(StreamKeys keys, Trimmer trimmer, Trimming trimming) {
      this.keys = keys;
      this.trimmer = trimmer;
      this.trimming = trimming;
    }

    boolean isWorthIt(long now) {
      Sight sight = seen;
      if (goesOn) {
        return true;
      }
      return sight != null
          && sight.length() > 0
          && (!sight.equals(trimmed)
              || trimming.kind() == Trimming.Kind.AGE
              || now - trimmedNanos > UNCHANGED_NANOS);
    }
  }
}
