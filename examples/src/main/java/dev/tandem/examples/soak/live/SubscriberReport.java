package dev.tandem.examples.soak.live;

import dev.tandem.api.Gap;
import dev.tandem.api.Position;
import dev.tandem.api.error.InvalidValueException;
import org.jspecify.annotations.Nullable;

/**
 * What a subscriber process tells, one line each, on its standard output. The position comes last:
 * its checksum shows whether the line was cut off by the process's death.
 *
 * @param kind what happened
 * @param channel the channel's place in {@link LiveScenery#CHANNELS}, or a count
 * @param text the payload, the gap's reason, a count, or what went wrong
 * @param from where the subscription stood before a gap
 * @param at where it stands now
 */
record SubscriberReport(
    Kind kind, long channel, String text, @Nullable Position from, @Nullable Position at) {
  private static final String MARK = "live";
  private static final String NONE = "-";

  /** What there is to tell. */
  enum Kind {
    /** A subscription begins here. */
    STARTED,
    /** All subscriptions are active. */
    READY,
    /** A listener got a message. */
    MESSAGE,
    /** A listener was told of a gap. */
    GAP,
    /** How many messages of this process were recovered and repaired so far. */
    STATS,
    /** The process cannot go on. */
    BROKEN
  }

  static SubscriberReport started(int channel, @Nullable Position at) {
    return new SubscriberReport(Kind.STARTED, channel, NONE, null, at);
  }

  static SubscriberReport ready() {
    return new SubscriberReport(Kind.READY, 0, NONE, null, null);
  }

  static SubscriberReport message(int channel, String payload, @Nullable Position at) {
    return new SubscriberReport(Kind.MESSAGE, channel, payload, null, at);
  }

  static SubscriberReport gap(int channel, Gap gap) {
    return new SubscriberReport(
        Kind.GAP, channel, gap.reason().name(), gap.from(), gap.resumesAt());
  }

  static SubscriberReport stats(long recovered, long repaired) {
    return new SubscriberReport(Kind.STATS, recovered, Long.toString(repaired), null, null);
  }

  static SubscriberReport broken(String why) {
    String line = why.lines().findFirst().orElse("").replace('\t', ' ');
    return new SubscriberReport(Kind.BROKEN, 0, line, null, null);
  }

  /** The report as a line. */
  String line() {
    return String.join(
        "\t", MARK, kind.name(), Long.toString(channel), text, written(from), written(at));
  }

  private static String written(@Nullable Position position) {
    return position == null ? NONE : position.toString();
  }

  /** Reads a line; null for one that is no report, or was cut off. */
  static @Nullable SubscriberReport parse(String line) {
    String[] parts = line.split("\t", 6);
    if (parts.length != 6 || !parts[0].equals(MARK)) {
      return null;
    }
    try {
      Kind kind = Kind.valueOf(parts[1]);
      return new SubscriberReport(
          kind, Long.parseLong(parts[2]), parts[3], read(parts[4]), read(parts[5]));
    } catch (IllegalArgumentException | InvalidValueException e) {
      return null;
    }
  }

  private static @Nullable Position read(String token) {
    return token.equals(NONE) ? null : Position.parse(token);
  }
}
