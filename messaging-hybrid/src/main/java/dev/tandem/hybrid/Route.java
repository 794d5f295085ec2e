package dev.tandem.hybrid;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import dev.tandem.pubsub.Channel;
import dev.tandem.streams.StreamTopic;
import java.util.List;

/**
 * Where a message goes: to a stream, to channels, or to both, all of the message's tenant. Declare
 * a route once and reuse it.
 *
 * <pre>{@code
 * Route<Order> placed = Route.toStream(orders).andChannel(board);
 * Route<Order> all =
 *     Route.<Order>byType()
 *         .on("order.placed", placed)
 *         .on("order.viewed", Route.toChannel(board))
 *         .otherwise(Route.toStream(orders));
 * }</pre>
 *
 * <p>Thread safety: immutable.
 *
 * @param <T> the payload's type
 */
public sealed interface Route<T> permits FixedRoute, TypedRoute {
  /** The route to a stream; add channels by {@link FixedRoute#andChannel}. */
  static <T> FixedRoute<T> toStream(StreamTopic<T> topic) {
    return new FixedRoute<>(Require.notNull("topic", topic), List.of());
  }

  /** The route to a channel and no stream; add channels by {@link FixedRoute#andChannel}. */
  static <T> FixedRoute<T> toChannel(Channel<T> channel) {
    return new FixedRoute<>(null, List.of(Require.notNull("channel", channel)));
  }

  /** Begins a route that goes by the message's type. */
  static <T> TypedRoute.Builder<T> byType() {
    return new TypedRoute.Builder<>();
  }

  /**
   * Where messages of this type go.
   *
   * @throws InvalidValueException if the route refuses the type
   */
  FixedRoute<T> forType(String type);
}
