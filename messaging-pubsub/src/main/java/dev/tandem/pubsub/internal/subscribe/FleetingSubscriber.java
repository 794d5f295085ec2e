package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.tenant.Tenant;
import java.util.function.Consumer;

/** A subscription to what is not stored: it takes what comes and fits. */
final class FleetingSubscriber<T> extends LocalSubscriber<T> {
  FleetingSubscriber(
      Tenant tenant,
      Channel<T> channel,
      SubscribeOptions options,
      DeliveryQueue<T> queue,
      Context context,
      Consumer<LocalSubscriber<?>> onClose) {
    super(tenant, channel, options, queue, context, onClose);
  }
}
