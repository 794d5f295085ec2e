package dev.tandem.outbox;

import dev.tandem.api.internal.Require;
import dev.tandem.hybrid.Route;
import dev.tandem.tenant.Names;

/**
 * A route under the name by which messages in the outbox refer to it. Declare it once, save with
 * it, and give it to every relay.
 *
 * <pre>{@code
 * OutboxRoute<Order> placed =
 *     OutboxRoute.of("orders", Route.toStream(orders).andChannel(board));
 * }</pre>
 *
 * <p>The name is stored, the route is not: where a message goes is decided by the relay that
 * publishes it. Payloads are stored as the serdes wrote them when the message was saved; to change
 * a route's serdes, or its channels if these have other serdes than the stream, declare another
 * name, and keep the old one until nothing of it waits.
 *
 * <p>Thread safety: immutable.
 *
 * @param name by the rule of {@link Names}
 * @param route where messages go
 * @param <T> the payload's type
 */
public record OutboxRoute<T>(String name, Route<T> route) {
  /** Refuses names that break the rule, and a missing route. */
  public OutboxRoute {
    Names.check("outbox route", name);
    Require.notNull("route", route);
  }

  /** The route under this name. */
  public static <T> OutboxRoute<T> of(String name, Route<T> route) {
    return new OutboxRoute<>(name, route);
  }
}
