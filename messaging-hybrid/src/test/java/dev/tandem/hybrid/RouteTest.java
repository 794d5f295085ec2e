package dev.tandem.hybrid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.streams.StreamTopic;
import org.junit.jupiter.api.Test;

class RouteTest {
  private static final StreamTopic<String> ORDERS = StreamTopic.of("orders", Serde.string());
  private static final Channel<String> BOARD = Channel.of("board", Serde.string());

  @Test
  void aFixedRouteIsTheSameForEveryType() {
    FixedRoute<String> route = Route.toStream(ORDERS).andChannel(BOARD);

    assertThat(route.forType("order.placed")).isSameAs(route);
    assertThat(route.topic()).isSameAs(ORDERS);
    assertThat(route.channels()).containsExactly(BOARD);
    assertThat(route).hasToString("Route[stream orders and channel board]");
  }

  @Test
  void aChannelIsOnARouteOnceAndThereAreNotTooMany() {
    FixedRoute<String> route = Route.toChannel(BOARD);
    assertThatThrownBy(() -> route.andChannel(Channel.of("board", Serde.string()).fleeting()))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("board");

    FixedRoute<String> most = Route.toStream(ORDERS);
    for (int i = 0; i < FixedRoute.MOST_CHANNELS; i++) {
      most = most.andChannel(BOARD.named("c" + i));
    }
    FixedRoute<String> full = most;
    assertThatThrownBy(() -> full.andChannel(BOARD)).isInstanceOf(InvalidValueException.class);
  }

  @Test
  void typesGoTheirOwnWays() {
    FixedRoute<String> placed = Route.toStream(ORDERS).andChannel(BOARD);
    FixedRoute<String> viewed = Route.toChannel(BOARD);
    FixedRoute<String> rest = Route.toStream(ORDERS);
    Route<String> route =
        Route.<String>byType()
            .on("order.placed", placed)
            .on("order.viewed", viewed)
            .otherwise(rest);

    assertThat(route.forType("order.placed")).isSameAs(placed);
    assertThat(route.forType("order.viewed")).isSameAs(viewed);
    assertThat(route.forType("order")).isSameAs(rest);
  }

  @Test
  void aTypeWithoutARouteIsRefusedByNameWithThoseThatAreKnown() {
    Route<String> route =
        Route.<String>byType()
            .on("order.placed", Route.toStream(ORDERS))
            .on("order.cancelled", Route.toStream(ORDERS))
            .otherwiseRefuse();

    assertThatThrownBy(() -> route.forType("order.viewed"))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("order.viewed")
        .hasMessageContaining("[order.cancelled, order.placed]");
  }

  @Test
  void aTypeHasOneRoute() {
    TypedRoute.Builder<String> builder =
        Route.<String>byType().on("order.placed", Route.toStream(ORDERS));

    assertThatThrownBy(() -> builder.on("order.placed", Route.toChannel(BOARD)))
        .isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(() -> Route.<String>byType().otherwiseRefuse())
        .isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(() -> builder.on("", Route.toStream(ORDERS)))
        .isInstanceOf(InvalidValueException.class);
  }
}
