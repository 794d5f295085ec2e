package dev.tandem.pubsub;

import dev.tandem.api.Gap;
import dev.tandem.api.Position;
import org.jspecify.annotations.Nullable;

/**
 * Receives the messages and gaps of one subscription.
 *
 * <p>Called on a thread of the bus's delivery pool, or of the executor given to {@link
 * LiveBusBuilder#executor}; one call at a time and in order for one subscription, with everything a
 * call did visible to the next. A slow listener delays only its own subscription; but while it
 * blocks it occupies a delivery thread, of which there are at most 64 (see {@link
 * LiveBusBuilder#executor}): hand long work on.
 *
 * <p>Without such an executor, a listener that has returned within a millisecond 16 times in a row
 * is called by the thread that reads the connection, when little arrives; the number doubles each
 * time that it takes longer, up to 16,384. If it does not return, another thread reads on: the
 * bus's other channels wait 10 to about 20 milliseconds for that.
 *
 * <p>What a listener throws is logged and counted; the message counts as delivered and the next
 * follows.
 *
 * @param <T> the payload's type
 */
public interface LiveListener<T> {
  /** A message, in the channel's order. */
  void onMessage(LiveMessage<T> message);

  /**
   * Messages were missed and will not come; what follows is contiguous from {@link Gap#resumesAt()}
   * on. The answer is to load the current state from where it is kept. Never called on a fleeting
   * channel.
   */
  void onGap(Gap gap);

  /**
   * The subscription has ended because this listener was too slow, as {@link
   * SlowConsumer#DISCONNECT} asks for; called once, and nothing follows. Does nothing by default.
   *
   * @param resumeFrom after the last message that the listener was called with, or where the
   *     subscription began; null on a fleeting channel, and of a subscription to several channels:
   *     ask {@link MultiSubscription#positions()}
   */
  default void onDisconnected(@Nullable Position resumeFrom) {}
}
