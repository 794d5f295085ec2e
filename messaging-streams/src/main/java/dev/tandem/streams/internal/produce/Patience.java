package dev.tandem.streams.internal.produce;

import dev.tandem.api.error.MessagingException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * What is tried again, when, and for how long.
 *
 * <p>Thread safety: as the source of randomness; the sending thread's.
 *
 * @param retryFor how long a remembered call is sent again, from when its first entry was taken up
 * @param waitForRoom how long an entry may wait for room in its stream, likewise
 * @param random for the jitter
 */
public record Patience(Duration retryFor, Duration waitForRoom, RandomGenerator random) {
  private static final long FIRST_RESEND = TimeUnit.MILLISECONDS.toNanos(20);
  private static final long LONGEST_RESEND = TimeUnit.SECONDS.toNanos(1);
  private static final long FIRST_LOOK = TimeUnit.MILLISECONDS.toNanos(5);
  private static final long LONGEST_LOOK = TimeUnit.MILLISECONDS.toNanos(100);
  private static final int MOST_DOUBLINGS = 16;

  /** Whether a remembered call that failed like this is to be sent again. */
  boolean isWorthResending(MessagingException error) {
    return switch (error.code()) {
      case OUTCOME_UNKNOWN, UNAVAILABLE, CIRCUIT_OPEN, SERVER_BUSY, REDIRECTED, READ_ONLY -> true;
      default -> false;
    };
  }

  /**
   * Whether the script itself met this error. It had looked into its memory then: no earlier try
   * was executed either.
   */
  boolean isFromScript(MessagingException error) {
    return switch (error.code()) {
      case OUT_OF_MEMORY, WRONG_TYPE -> true;
      default -> false;
    };
  }

  /** Whether an entry that was taken up then is not to be sent any more. */
  boolean isOver(long takenNanos, long nowNanos) {
    return nowNanos - takenNanos >= retryFor.toNanos();
  }

  /** Whether an entry that was taken up then is not to wait for room any more. */
  boolean isOverForRoom(long takenNanos, long nowNanos) {
    return nowNanos - takenNanos >= waitForRoom.toNanos();
  }

  /** The pause after so many tries: doubled each time, of that half to all. */
  long pauseAfter(int tries) {
    long whole = doubled(FIRST_RESEND, tries - 1, LONGEST_RESEND);
    return whole / 2 + random.nextLong(whole / 2 + 1);
  }

  /** The pause before a stream that was full so many times before is looked at again. */
  long pauseWhenFull(int timesBefore) {
    return doubled(FIRST_LOOK, timesBefore, LONGEST_LOOK);
  }

  private static long doubled(long first, int times, long most) {
    return Math.min(first << Math.min(times, MOST_DOUBLINGS), most);
  }
}
