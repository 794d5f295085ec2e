package dev.tandem.hybrid.internal.wire;

import java.time.Duration;

/**
 * One try of a call.
 *
 * <p>Thread safety: immutable.
 *
 * @param call what is sent
 * @param after the number of the call that must be the last one executed; 0 for any
 * @param behind how many calls are under way before it, that one the last
 * @param expectsMemory whether an earlier try may have been executed, and the server remembered the
 *     publisher before
 * @param life how long the server remembers the call
 */
public record CallTry(
    PublishCall call, long after, int behind, boolean expectsMemory, Duration life) {
  /** A try that no other is under way before. */
  public static CallTry first(PublishCall call, boolean expectsMemory, Duration life) {
    return new CallTry(call, 0, 0, expectsMemory, life);
  }

  /** A try of the call behind this one. */
  public CallTry then(PublishCall next, boolean expectsMemory) {
    return new CallTry(next, call.number(), behind + 1, expectsMemory, life);
  }
}
