package dev.tandem.streams;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * When a stream's oldest messages are removed.
 *
 * <p>Nothing is ever removed by publishing: workers trim from time to time, one process at a time,
 * and {@link StreamAdmin#trim} does it on demand. So a stream may be longer than its policy says
 * for a while. Where a policy removes what a group has not acknowledged, that is counted for each
 * group, kept on the server, reported, and logged; what was pending becomes a dead letter without
 * data as well, as soon as a worker comes across it.
 *
 * <p>Thread safety: immutable, as far as the alarm's receiver is safe for use by many threads.
 */
public final class Trimming {
  /** How long a group must have been left alone before it counts as abandoned, by default. */
  public static final Duration DEFAULT_ABANDONED_AFTER = Duration.ofDays(7);

  /** How many messages an abandoned group may keep from being removed, by default. */
  public static final long DEFAULT_MOST_PINNED = 1_000_000;

  /** The shortest time after which a group may count as abandoned. */
  public static final Duration LEAST_ABANDONED_AFTER = Duration.ofSeconds(1);

  private static final Duration MOST_TIME = Duration.ofDays(36_500);
  private static final long MOST_ENTRIES = 1L << 53;

  /** What a policy goes by. */
  public enum Kind {
    /** What no group needs any more is removed. */
    ACKNOWLEDGED,
    /** All but the newest so many are removed. */
    LENGTH,
    /** What is older than that is removed. */
    AGE,
    /** Nothing is removed. */
    NONE
  }

  private final Kind kind;
  private final long entries;
  private final Duration time;
  private final Consumer<PinAlarm> alarm;

  private Trimming(Kind kind, long entries, Duration time, Consumer<PinAlarm> alarm) {
    this.kind = kind;
    this.entries = entries;
    this.time = time;
    this.alarm = alarm;
  }

  /**
   * The default: a message is removed once every group has acknowledged it or has it among its dead
   * letters. What is leased, waits for a retry, or was not read by some group stays. A stream
   * without groups is not trimmed.
   *
   * <p>A group that works, however slowly, never loses anything. Only a group that is
   * <i>abandoned</i> may, and only beyond {@link #mostPinned}: for {@link #abandonedAfter} none of
   * its consumers has done anything (or, if it has no consumers, it has not moved since trimming
   * first found it so), although it had messages to handle that are as old as that. Times are the
   * server's.
   *
   * <p>When a group that workers or consumers have used is found to be gone or made again without
   * {@link StreamAdmin#deleteGroup}, or a member makes such a group again, nothing is removed for
   * one minute: in that time its members make it again and give back to it what they know of. A
   * group that nobody makes again is forgotten then.
   */
  public static Trimming acknowledged() {
    return new Trimming(
        Kind.ACKNOWLEDGED, DEFAULT_MOST_PINNED, DEFAULT_ABANDONED_AFTER, pinned -> {});
  }

  /**
   * Keeps the newest messages, exactly so many after each trimming, read or not: groups may lose
   * what they have not acknowledged.
   *
   * @param messages how many to keep, from 0
   */
  public static Trimming byLength(long messages) {
    return new Trimming(
        Kind.LENGTH,
        Require.inRange("length", messages, 0, MOST_ENTRIES),
        Duration.ZERO,
        pinned -> {});
  }

  /**
   * Keeps what was published within this time by the server's clock, read or not: groups may lose
   * what they have not acknowledged.
   *
   * @param age 1 ms to 36,500 days
   */
  public static Trimming byAge(Duration age) {
    return new Trimming(
        Kind.AGE, 0, Require.inRange("age", age, Duration.ofMillis(1), MOST_TIME), pinned -> {});
  }

  /** Removes nothing; the stream grows until someone trims it. */
  public static Trimming none() {
    return new Trimming(Kind.NONE, 0, Duration.ZERO, pinned -> {});
  }

  /**
   * This policy with another time after which a group counts as abandoned; {@link
   * #DEFAULT_ABANDONED_AFTER} by default, 1 second to 36,500 days. Only of {@link #acknowledged()}.
   */
  public Trimming abandonedAfter(Duration time) {
    requireAcknowledged("abandonedAfter");
    return new Trimming(
        kind,
        entries,
        Require.inRange("abandonedAfter", time, LEAST_ABANDONED_AFTER, MOST_TIME),
        alarm);
  }

  /**
   * This policy with another number of messages that an abandoned group may keep from being
   * removed; {@value #DEFAULT_MOST_PINNED} by default, from 1. Only of {@link #acknowledged()}.
   */
  public Trimming mostPinned(long messages) {
    requireAcknowledged("mostPinned");
    return new Trimming(
        kind, Require.inRange("mostPinned", messages, 1, MOST_ENTRIES), time, alarm);
  }

  /**
   * This policy with someone to tell when a group, abandoned or not, keeps 80 % of {@link
   * #mostPinned} from being removed, and again at 100 %. Told once for each of the two by each
   * process that trims, until the group has fallen below again; on the thread that trims, which
   * should not be kept waiting. What it throws is logged. Only of {@link #acknowledged()}.
   */
  public Trimming onAlarm(Consumer<PinAlarm> receiver) {
    requireAcknowledged("onAlarm");
    return new Trimming(kind, entries, time, Require.notNull("onAlarm", receiver));
  }

  private void requireAcknowledged(String option) {
    if (kind != Kind.ACKNOWLEDGED) {
      throw new InvalidValueException(
          "trimming", this, option + " is an option of Trimming.acknowledged() only");
    }
  }

  /** What the policy goes by. */
  public Kind kind() {
    return kind;
  }

  /** Messages to keep, or that an abandoned group may pin; 0 if the policy does not count them. */
  public long entries() {
    return entries;
  }

  /** The greatest age, or the time after which a group is abandoned; zero if neither matters. */
  public Duration time() {
    return time;
  }

  /** Who is told of what groups pin. */
  public Consumer<PinAlarm> alarm() {
    return alarm;
  }

  /** The policy in words. */
  @Override
  public String toString() {
    return switch (kind) {
      case ACKNOWLEDGED -> "acknowledged (mostPinned " + entries + ", abandonedAfter " + time + ")";
      case LENGTH -> "byLength " + entries;
      case AGE -> "byAge " + time;
      case NONE -> "none";
    };
  }
}
