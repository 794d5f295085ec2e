package dev.tandem.streams;

import dev.tandem.api.internal.Require;
import java.util.function.Predicate;

/**
 * Which dead letters are replayed, and how.
 *
 * <p>Thread safety: immutable, as far as the filter is safe for use by many threads.
 */
public final class ReplayOptions {
  /** How many are replayed a second unless said otherwise: {@value}. */
  public static final int DEFAULT_PER_SECOND = 1_000;

  /** The most that may be asked for a second: {@value}. */
  public static final int MOST_PER_SECOND = 1_000_000;

  /** How often one message may be replayed unless said otherwise: {@value} times. */
  public static final int DEFAULT_MOST_REPLAYS = 10;

  private static final ReplayOptions DEFAULTS =
      new ReplayOptions(
          letter -> true, DEFAULT_PER_SECOND, DEFAULT_MOST_REPLAYS, Long.MAX_VALUE, false);

  private final Predicate<? super DeadLetter> filter;
  private final int perSecond;
  private final int mostReplays;
  private final long limit;
  private final boolean isDryRun;

  private ReplayOptions(
      Predicate<? super DeadLetter> filter,
      int perSecond,
      int mostReplays,
      long limit,
      boolean isDryRun) {
    this.filter = filter;
    this.perSecond = perSecond;
    this.mostReplays = mostReplays;
    this.limit = limit;
    this.isDryRun = isDryRun;
  }

  /**
   * All dead letters, {@value #DEFAULT_PER_SECOND} a second, but none that was replayed {@value
   * #DEFAULT_MOST_REPLAYS} times already.
   */
  public static ReplayOptions defaults() {
    return DEFAULTS;
  }

  /** Only those that the filter accepts; called on the replaying thread, with each letter once. */
  public ReplayOptions where(Predicate<? super DeadLetter> filter) {
    return new ReplayOptions(
        Require.notNull("filter", filter), perSecond, mostReplays, limit, isDryRun);
  }

  /** Only those that were given up for this reason. */
  public ReplayOptions where(DeadLetterReason reason) {
    Require.notNull("reason", reason);
    return where(letter -> letter.reason() == reason);
  }

  /** At most so many a second, 1 to {@value #MOST_PER_SECOND}; the thread waits in between. */
  public ReplayOptions perSecond(int perSecond) {
    return new ReplayOptions(
        filter,
        Require.inRange("perSecond", perSecond, 1, MOST_PER_SECOND),
        mostReplays,
        limit,
        isDryRun);
  }

  /**
   * None that was replayed so often already, 1 or more: what fails again and again is left for
   * somebody to look at.
   */
  public ReplayOptions mostReplays(int mostReplays) {
    return new ReplayOptions(
        filter,
        perSecond,
        Require.inRange("mostReplays", mostReplays, 1, Integer.MAX_VALUE),
        limit,
        isDryRun);
  }

  /** Ends after so many replays, 1 or more; no limit by default. */
  public ReplayOptions limit(long limit) {
    return new ReplayOptions(
        filter,
        perSecond,
        mostReplays,
        Require.inRange("limit", limit, 1, Long.MAX_VALUE),
        isDryRun);
  }

  /** Changes nothing and only counts what would be replayed. */
  public ReplayOptions dryRun() {
    return new ReplayOptions(filter, perSecond, mostReplays, limit, true);
  }

  /** Which letters. */
  public Predicate<? super DeadLetter> filter() {
    return filter;
  }

  /** How many a second. */
  public int perSecond() {
    return perSecond;
  }

  /** How often one message may be replayed. */
  public int mostReplays() {
    return mostReplays;
  }

  /** The most replays. */
  public long limit() {
    return limit;
  }

  /** Whether nothing is changed. */
  public boolean isDryRun() {
    return isDryRun;
  }
}
