package dev.tandem.streams.internal.work;

import dev.tandem.streams.internal.group.SweepRhythm;
import java.time.Duration;

/**
 * How long it is between two looks at the group of one stream of a worker.
 *
 * <p>Where something goes on it is {@value #MILLIS_PER_STREAM} ms for each stream of the worker,
 * between a second and 5 seconds; that is how much later than at the end of its lease a dead
 * worker's delivery may be found. Where all is quiet it is {@value #MILLIS_PER_QUIET_STREAM} ms for
 * each stream, between 5 and {@value #RAREST_QUIET_SECONDS} seconds, so that there are about 100
 * looks a second; that is how late it may be seen that something goes on. With a short lease, few
 * streams are looked at oftener.
 */
final class LookRhythm {
  private static final long MILLIS_PER_STREAM = 2;
  private static final long MILLIS_PER_QUIET_STREAM = 10;
  private static final long RAREST_QUIET_SECONDS = 100;
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final Duration every;

  /** The rhythm of a worker that would sweep so often if it had one stream. */
  LookRhythm(SweepRhythm rhythm) {
    this.every = rhythm.every();
  }

  /** Where something goes on, for a worker of so many streams. */
  Duration active(int streams) {
    Duration least = every.compareTo(SECOND) < 0 ? every : SECOND;
    return within(least, Duration.ofMillis(streams * MILLIS_PER_STREAM), SweepRhythm.RAREST);
  }

  /** Where all is quiet, for a worker of so many streams. */
  Duration quiet(int streams) {
    Duration rarest = Duration.ofSeconds(RAREST_QUIET_SECONDS);
    Duration quiet = within(every, Duration.ofMillis(streams * MILLIS_PER_QUIET_STREAM), rarest);
    Duration active = active(streams);
    return active.compareTo(quiet) > 0 ? active : quiet;
  }

  private static Duration within(Duration least, Duration wanted, Duration most) {
    Duration atMost = wanted.compareTo(most) > 0 ? most : wanted;
    return atMost.compareTo(least) < 0 ? least : atMost;
  }
}
