package dev.tandem.pubsub.internal.log;

/** How a frame came to us. */
public enum Origin {
  /** By the subscription, as it should. */
  LIVE,
  /** Read at the beginning, after a reconnect, or after a listener had been too slow. */
  RECOVERED,
  /** Read because it was lost on the way. */
  REPAIRED
}
