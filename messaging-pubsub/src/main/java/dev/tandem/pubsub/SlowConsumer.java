package dev.tandem.pubsub;

/**
 * What becomes of messages for which a subscription's queue has no room, because its listener does
 * not keep up. Other subscriptions notice nothing in any case, memory is bounded by {@link
 * SubscribeOptions#queueLimit} and {@link SubscribeOptions#queueBytes} except where {@link
 * #NEWEST_ONLY} says otherwise, and nothing is lost without a trace.
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
   * Of the messages that wait, only the newest of each key is kept, at its own place in the order;
   * those without a key are all kept. The same key on two channels is two keys. What it replaced is
   * counted as conflated. Keys are few: when what is left does not fit, the rest is treated as by
   * {@link #REPAIR}.
   *
   * <p>{@link Subscription#position()} stays honest: whatever was left out behind it was replaced
   * by a message that is still to come, also for who resumes there. A message stays in memory with
   * those that it was published with, and {@link SubscribeOptions#queueBytes} counts all of them.
   * One that expires while it waits has replaced the older one all the same.
   *
   * <p>Messages that {@link SubscribeOptions#types} or {@link SubscribeOptions#excludeOwn} leave
   * out replace nothing. A {@link SubscribeOptions#filter} cannot be combined with this.
   */
  NEWEST_PER_KEY,
  /**
   * Of the messages that wait, only the newest is kept (in a subscription to several channels: of
   * each channel). All else is as with {@link #NEWEST_PER_KEY}, and there is always room: the bound
   * is one message of each channel, in memory with those that it was published with, and {@link
   * SubscribeOptions#queueLimit} and {@link SubscribeOptions#queueBytes} do not count.
   *
   * <p>They do for a pattern of fleeting channels, which may match any number: one that replaces
   * another always has room there, and so does one when nothing waits; the first that is to wait of
   * a further channel is dropped and counted when the queue is full.
   */
  NEWEST_ONLY,
  /**
   * The subscription ends: what waits is dropped, and {@link LiveListener#onDisconnected} is told
   * where to resume; who does so misses nothing. For clients that are better sent away than served
   * late. While a subscription still catches up, after a start from a position or a reconnect, it
   * is not ended: reading waits for the listener, as with {@link #REPAIR}.
   *
   * <p>Of several channels in one subscription, one that had not begun yet has no place among the
   * positions, and begins with now where they are resumed: who wants it from its beginning
   * subscribes to it so.
   */
  DISCONNECT
}
