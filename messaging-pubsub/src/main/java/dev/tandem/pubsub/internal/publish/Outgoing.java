package dev.tandem.pubsub.internal.publish;

import dev.tandem.tenant.Tenant;
import java.util.List;

/**
 * What a caller handed over, on its way to Redis.
 *
 * <p>Thread safety: the number is the sending thread's; the rest is safe for use by many threads.
 */
abstract class Outgoing {
  private long number;

  /** So many were handed over before. */
  final void number(long before) {
    number = before;
  }

  final long number() {
    return number;
  }

  /** Whose it is. */
  abstract Tenant tenant();

  /** What it consists of, by channel. */
  abstract List<OutgoingFrame> frames();

  /** Its bytes. */
  abstract int size();

  /** Tells the caller that it was not published, or that nobody knows. */
  abstract void failed(RuntimeException why);
}
