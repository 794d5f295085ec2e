package dev.tandem.streams;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * What a group still has to do, as a worker saw it last, up to some seconds ago: replays included.
 *
 * <p>Thread safety: immutable.
 *
 * @param lag messages not delivered yet. What the server counts from Redis 7.0 on; where it does
 *     not know, as on 6.2 or after messages were deleted, exact up to 31, and beyond that a guess
 * @param pending messages delivered and not acknowledged, those that wait for a retry included
 * @param waiting messages that wait in Redis for a retry
 * @param oldestUnacknowledged the age of the oldest pending message; zero if none is pending
 * @param deadLetters the group's dead letters; empty if they could not be counted
 */
public record Backlog(
    long lag, long pending, long waiting, Duration oldestUnacknowledged, OptionalLong deadLetters) {

  /** The backlogs of two streams together. */
  Backlog plus(Backlog other) {
    Duration oldest = oldestUnacknowledged;
    if (other.oldestUnacknowledged.compareTo(oldest) > 0) {
      oldest = other.oldestUnacknowledged;
    }
    OptionalLong dead = deadLetters;
    if (dead.isEmpty()) {
      dead = other.deadLetters;
    } else if (other.deadLetters.isPresent()) {
      dead = OptionalLong.of(dead.getAsLong() + other.deadLetters.getAsLong());
    }
    return new Backlog(
        lag + other.lag, pending + other.pending, waiting + other.waiting, oldest, dead);
  }
}
