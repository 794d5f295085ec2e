package dev.tandem.api;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Tells a subscriber that it missed messages which cannot be given to it any more. What comes after
 * a gap is contiguous again, from {@link #resumesAt()} on.
 *
 * <p>A subscriber answers a gap by loading the current state from wherever it is kept.
 *
 * <p>Thread safety: immutable.
 *
 * @param channel the channel's name within its tenant
 * @param from where the subscriber stood, or null if it had no position yet
 * @param resumesAt the position after which delivery goes on
 * @param reason why
 */
public record Gap(String channel, @Nullable Position from, Position resumesAt, GapReason reason) {
  /** Refuses missing parts. */
  public Gap {
    Objects.requireNonNull(channel, "channel");
    Objects.requireNonNull(resumesAt, "resumesAt");
    Objects.requireNonNull(reason, "reason");
  }
}
