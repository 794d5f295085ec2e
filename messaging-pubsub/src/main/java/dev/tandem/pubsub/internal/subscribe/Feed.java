package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.api.error.MessagingException;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.internal.frame.Frame;
import java.util.List;

/**
 * What this process hears of one channel, and who listens to it here.
 *
 * <p>Thread safety: implementations are safe for use by many threads.
 */
interface Feed {
  /** The channel, as its first subscriber described it. */
  Channel<?> channel();

  /** Adds a subscriber of this feed's kind. */
  void add(LocalSubscriber<?> subscriber);

  /** Removes a subscriber; false if it was not there. */
  boolean remove(LocalSubscriber<?> subscriber);

  /** Whether no subscriber is left; then the feed is not used any more. */
  boolean isEmpty();

  /** Its subscribers at the moment. */
  List<? extends LocalSubscriber<?>> subscribers();

  /** Redis has confirmed the subscription, on the present connection. */
  void onSubscribed();

  /** Redis refuses the subscription for this reason; it is asked again. */
  void onDenied(MessagingException why);

  /** The connection is lost. */
  void onLost();

  /** A frame of this channel arrived. */
  void onFrame(Frame frame);

  /** Something arrived that is not a frame of this channel. */
  void onGarbage();

  /** Whether what is published now would be noticed. */
  boolean isLive();
}
