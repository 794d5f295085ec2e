package dev.tandem.pubsub.internal.limit;

/**
 * A listener that may bring along the place that its subscription takes among those that its tenant
 * may have: whoever gave it to the listener keeps it, also while there is no subscription.
 */
public interface PlacedListener {
  /** Whether it has one; otherwise its subscription is counted like any other. */
  boolean hasPlace();
}
