package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveListener;
import dev.tandem.pubsub.SubscribeOptions;
import java.util.function.Consumer;

/** A subscription to what is not stored: it takes what comes and fits. */
final class FleetingSubscriber<T> extends LocalSubscriber<T> {
  FleetingSubscriber(
      Channel<T> channel,
      SubscribeOptions options,
      LiveListener<T> listener,
      Context context,
      Consumer<LocalSubscriber<?>> onClose) {
    super(channel, options, listener, context, onClose);
  }
}
