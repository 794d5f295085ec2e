package dev.tandem.api.lifecycle;

import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How an object is doing, by what it has proven rather than by what its sockets say.
 *
 * <p>Thread safety: immutable.
 *
 * @param status whether it does its work
 * @param detail one sentence for a person
 * @param lastProof when it last proved that its work gets through (a reply, a delivery), or null if
 *     never; by the clock of this process
 */
public record Health(Status status, String detail, @Nullable Instant lastProof) {
  /** Whether an object does its work. Thread safety: immutable. */
  public enum Status {
    /** It does its work. */
    UP,
    /** It works, but not as it should: reconnecting, lagging, refusing some. */
    DEGRADED,
    /** It does not work. */
    DOWN
  }

  /** Refuses missing parts. */
  public Health {
    Objects.requireNonNull(status, "status");
    Objects.requireNonNull(detail, "detail");
  }

  /** Whether the status is {@link Status#UP}. */
  public boolean isUp() {
    return status == Status.UP;
  }
}
