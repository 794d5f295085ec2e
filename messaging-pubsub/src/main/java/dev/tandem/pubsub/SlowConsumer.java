package dev.tandem.pubsub;

/**
 * What becomes of messages for which a subscription's queue has no room, because its listener does
 * not keep up. Other subscriptions notice nothing in any case, and nothing is lost without a trace.
 *
 * <p>Thread safety: immutable.
 */
public enum SlowConsumer {
  /**
   * On a recoverable channel they are read again from Redis once the queue is empty: nothing is
   * lost as long as the listener is not slower than the channel's retention allows, and then it is
   * told by a {@link dev.tandem.api.Gap}. On a fleeting channel they are dropped and counted.
   */
  REPAIR,
  /**
   * Of the messages that wait, only the newest of each key is kept; those without a key are all
   * kept. What a newer one replaced is counted as conflated and counts as seen. Keys are few: when
   * those that are left do not fit either, the rest is treated as by {@link #REPAIR}.
   */
  NEWEST_PER_KEY,
  /** Of the messages that wait, only the newest is kept. The others are counted as conflated. */
  NEWEST_ONLY,
  /**
   * The subscription ends: what waits is dropped, and the listener is told where to resume. For
   * clients that are better sent away than served late.
   */
  DISCONNECT
}
