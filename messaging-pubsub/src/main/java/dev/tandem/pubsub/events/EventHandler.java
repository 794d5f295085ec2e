package dev.tandem.pubsub.events;

import dev.tandem.pubsub.LiveMessage;

/**
 * Handles the events of one type. Called on a delivery thread of the live bus, for one event of an
 * {@link EventBus} at a time and in the channel's order. A slow handler delays the other handlers
 * of the same event bus: hand long work on.
 *
 * <p>What it throws is logged and counted; the other handlers are called nevertheless, and the
 * event is not repeated.
 *
 * @param <T> the payload's type
 */
@FunctionalInterface
public interface EventHandler<T> {
  /**
   * An event.
   *
   * @param payload shared by all handlers that asked for the same class: do not change it
   * @param message what came with it: type, key, headers, position, time, sender
   */
  void onEvent(T payload, LiveMessage<?> message) throws Exception;
}
