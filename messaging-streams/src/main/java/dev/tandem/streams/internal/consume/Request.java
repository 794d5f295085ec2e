package dev.tandem.streams.internal.consume;

import dev.tandem.api.error.MessagingException;
import dev.tandem.streams.DeadLetterReason;
import dev.tandem.streams.internal.group.Lease;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What the server is asked to make of one delivery, and what it said. For one thread at a time. */
final class Request {
  /** What is asked for. */
  sealed interface Wish {}

  /** It is done. */
  record Acknowledge() implements Wish {}

  /** It is delivered again after the delay. */
  record Retry(Duration delay) implements Wish {}

  /** It is given up. */
  record Bury(DeadLetterReason reason, String error) implements Wish {}

  /** Its lease begins anew. */
  record Extend() implements Wish {}

  final Lane lane;
  final Lease lease;
  Wish wish;

  /** Whether it may have been done already, by a call whose reply was lost. */
  boolean perhapsDone;

  /** What the script said, once it has. */
  @Nullable Long code;

  /** Why it was not asked, or did not answer. */
  @Nullable MessagingException error;

  Request(Lane lane, Lease lease, Wish wish) {
    this.lane = lane;
    this.lease = lease;
    this.wish = wish;
  }
}
