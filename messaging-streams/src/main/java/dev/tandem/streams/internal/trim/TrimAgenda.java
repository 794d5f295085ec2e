package dev.tandem.streams.internal.trim;

import dev.tandem.api.error.ClosedException;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.streams.TrimReport;
import dev.tandem.streams.Trimming;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.turn.TurnAgenda;
import dev.tandem.tenant.StreamKeys;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * When which of some streams is to be trimmed: at intervals, by one process at a time, if it is not
 * as it was when nothing more could be removed. What only the time that goes by allows to be
 * removed is looked for as often by age, and every 5 minutes otherwise. For one thread, apart from
 * {@link #saw}.
 */
public final class TrimAgenda {
  private static final long UNCHANGED_NANOS = TimeUnit.MINUTES.toNanos(5);
  private static final int CALLS_AT_A_TIME = 4;

  private final CommandExecutor executor;
  private final Duration every;
  private final Map<String, Trimmed> byStream = new ConcurrentHashMap<>();
  private final TurnAgenda<Trimmed> turns;

  /** An agenda without streams that has each trimmed about so often. */
  public TrimAgenda(CommandExecutor executor, Duration every, RandomGenerator random) {
    this.executor = executor;
    this.every = every;
    this.turns = new TurnAgenda<>(every, random);
  }

  /** What there is to see of a stream. */
  public record Sight(EntryId position, long pending, long length) {}

  /** Has this stream trimmed too. */
  public void add(StreamKeys keys, Trimmer trimmer, Trimming trimming) {
    if (trimming.kind() != Trimming.Kind.NONE) {
      Trimmed stream = new Trimmed(keys, trimmer, trimming);
      byStream.put(keys.stream().text(), stream);
      turns.add(stream);
    }
  }

  /** Has it trimmed no more. */
  public void remove(StreamKeys keys) {
    Trimmed stream = byStream.remove(keys.stream().text());
    if (stream != null) {
      turns.remove(stream);
    }
  }

  /** Says how a stream looks. From any thread. */
  public void saw(StreamKeys keys, Sight sight) {
    Trimmed stream = byStream.get(keys.stream().text());
    if (stream != null) {
      stream.seen = sight;
    }
  }

  /** In how many nanoseconds something is due. */
  public long untilNext() {
    return turns.untilNext();
  }

  /**
   * Trims streams that are due, for some milliseconds; the next call goes on.
   *
   * @throws ClosedException if the connection was closed; whatever else fails is tried again
   */
  public void trimDue() {
    turns.runDue(this::trim);
  }

  /** Trims a stream a little if that is worth it; whether there is more to remove. */
  private boolean trim(Trimmed stream, boolean goesOn) {
    if (!goesOn && !stream.isWorthIt()) {
      return false;
    }
    Sight before = stream.seen;
    Optional<TrimReport> report =
        goesOn
            ? Optional.of(
                stream.trimmer.run(executor, stream.keys, stream.trimming, CALLS_AT_A_TIME))
            : stream.trimmer.runInTurn(
                executor, stream.keys, stream.trimming, every, CALLS_AT_A_TIME);
    boolean more = report.isPresent() && !report.get().complete();
    if (report.isPresent() && !more) {
      stream.trimmed = before;
      stream.trimmedNanos = System.nanoTime();
    }
    return more;
  }

  /** A stream, and what is known of it. */
  private static final class Trimmed {
    final StreamKeys keys;
    final Trimmer trimmer;
    final Trimming trimming;
    volatile @Nullable Sight seen;

    /** How it looked before it was trimmed to the end. */
    @Nullable Sight trimmed;

    long trimmedNanos;

    Trimmed(StreamKeys keys, Trimmer trimmer, Trimming trimming) {
      this.keys = keys;
      this.trimmer = trimmer;
      this.trimming = trimming;
    }

    boolean isWorthIt() {
      Sight sight = seen;
      return sight != null
          && sight.length() > 0
          && (!sight.equals(trimmed)
              || trimming.kind() == Trimming.Kind.AGE
              || System.nanoTime() - trimmedNanos > UNCHANGED_NANOS);
    }

    @Override
    public String toString() {
      return "trimming " + keys;
    }
  }
}
