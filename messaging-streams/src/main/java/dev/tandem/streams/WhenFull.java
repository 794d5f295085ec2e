package dev.tandem.streams;

import dev.tandem.api.internal.Require;
import java.time.Duration;

/**
 * What a producer does with a message for a stream that holds as many entries as {@link
 * StreamTopic#boundedTo} allows.
 *
 * <p>Thread safety: immutable.
 *
 * @param longestWait how long a message may wait for room, counted from when the sending thread
 *     took it up; zero to refuse it at once
 */
public record WhenFull(Duration longestWait) {
  /** The longest wait that may be asked for: an hour. */
  public static final Duration MOST_WAIT = Duration.ofHours(1);

  /** Refuses waits out of range. */
  public WhenFull {
    Require.inRange("wait for room in a stream", longestWait, Duration.ZERO, MOST_WAIT);
  }

  /**
   * The message fails at once with {@link dev.tandem.api.error.StreamFullException}. A later one
   * may be appended before it if it is sent again.
   */
  public static WhenFull refuse() {
    return new WhenFull(Duration.ZERO);
  }

  /**
   * The message waits, and with it all later ones for the same stream, in order; the producer looks
   * again after 5 milliseconds, then after twice as long each time, up to 100. When the time is
   * over it fails like with {@link #refuse}. What waits takes room in the producer's buffer, but
   * holds up no other stream as long as there is some.
   *
   * @param longest zero to {@link #MOST_WAIT}
   */
  public static WhenFull waitUpTo(Duration longest) {
    return new WhenFull(longest);
  }
}
