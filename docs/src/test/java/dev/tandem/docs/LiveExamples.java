package dev.tandem.docs;

import dev.tandem.api.Gap;
import dev.tandem.api.Message;
import dev.tandem.api.Position;
import dev.tandem.api.Positions;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.ChannelBatch;
import dev.tandem.pubsub.ChannelDeliveries;
import dev.tandem.pubsub.ChannelSet;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.LiveEvent;
import dev.tandem.pubsub.LiveListener;
import dev.tandem.pubsub.LiveMessage;
import dev.tandem.pubsub.LiveReader;
import dev.tandem.pubsub.MultiSubscription;
import dev.tandem.pubsub.PublishReceipt;
import dev.tandem.pubsub.RateLimit;
import dev.tandem.pubsub.SlowConsumer;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.Subscription;
import dev.tandem.pubsub.cache.CacheInvalidation;
import dev.tandem.pubsub.events.EventBus;
import dev.tandem.pubsub.presence.Presence;
import dev.tandem.pubsub.request.Answers;
import dev.tandem.pubsub.request.RequestAll;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Flow;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What the chapter on live channels shows, as code that compiles and runs in {@link LiveIT}. */
final class LiveExamples {
  private LiveExamples() {}

  /** A payload. */
  record Order(String id, String customer, long cents) {}

  /** Whatever the browser is connected by. */
  interface Socket {
    void snapshot(String token, String state);

    void message(String token, byte[] json);

    void reload(String reason, String token);

    void close();
  }

  static CompletableFuture<PublishReceipt> publish(
      RedisConnection redis, Tenant acme, Order order) {
    // snippet:live_publish
    LiveBus bus = LiveBus.builder(redis).build(); // one per process

    Channel<Order> board =
        Channel.of("board", Serde.json(Order.class))
            .recoverable(Duration.ofMinutes(5), 1_000) // the default
            .rateLimit(RateLimit.of(500, Duration.ofSeconds(1)).waitUpTo(Duration.ofSeconds(2)));

    PublishReceipt receipt =
        bus.publish(acme, board, Message.of("order.placed", order).key(order.customer()));
    CompletableFuture<PublishReceipt> later =
        bus.publishAsync(
            acme,
            board,
            Message.of("order.offered", order)
                .key(order.customer())
                .header("trace", "4bf92f35")
                .expiresAfter(Duration.ofSeconds(30)));
    // end
    Closing.later(bus);
    return later.thenApply(second -> receipt);
  }

  static List<PublishReceipt> batch(
      LiveBus bus, Tenant acme, Channel<Order> board, Channel<String> ticker, Order order) {
    // snippet:live_batch
    List<PublishReceipt> receipts =
        bus.publish(
            acme,
            ChannelBatch.of()
                .add(board, Message.of("order.placed", order))
                .add(ticker, Message.of("line", order.customer() + " bought"))); // both or neither
    // end
    return receipts;
  }

  static Subscription subscribe(
      LiveBus bus, Tenant acme, Channel<Order> board, String token, LiveListener<Order> listener) {
    // snippet:live_subscribe
    Subscription subscription =
        bus.subscribe(
            acme,
            board,
            SubscribeOptions.from(Position.parse(token)) // fromNow(), latest(), fromBeginning()
                .types("order.placed", "order.paid")
                .filter(message -> message.headers().get("trace").isPresent())
                .excludeOwn()
                .maxReplay(500),
            listener);
    subscription.active().join(); // what is published from now on will arrive
    // end
    return subscription;
  }

  static MultiSubscription perType(
      LiveBus bus, Tenant acme, Order order, String token, LiveListener<Order> listener) {
    // snippet:live_set
    ChannelSet<Order> boards =
        ChannelSet.perType(Channel.of("board", Serde.json(Order.class)), "placed", "paid");

    MultiSubscription subscription =
        bus.subscribe(acme, boards, SubscribeOptions.from(Positions.parse(token)), listener);

    Message<Order> paid = Message.of("paid", order);
    bus.publish(acme, boards.channelFor(paid), paid); // to board.paid
    // end
    return subscription;
  }

  static List<Order> pull(LiveBus bus, Tenant acme, Channel<Order> board, Runnable reload) {
    List<Order> orders = new ArrayList<>();
    // snippet:live_pull
    try (LiveReader<Order> reader = bus.open(acme, board, SubscribeOptions.fromBeginning())) {
      for (LiveEvent<Order> event : reader.poll(100, Duration.ofSeconds(5))) {
        if (event instanceof LiveEvent.OfMessage<Order> next) {
          orders.add(next.message().payload());
        } else {
          reload.run(); // a gap
        }
      }
    }
    // end
    return orders;
  }

  static void flow(
      LiveBus bus,
      Tenant acme,
      Channel<Order> board,
      Flow.Subscriber<LiveEvent<Order>> subscriber) {
    // snippet:live_flow
    Flow.Publisher<LiveEvent<Order>> publisher =
        bus.publisher(acme, board, SubscribeOptions.latest());
    publisher.subscribe(subscriber);
    // end
  }

  static Subscription snapshot(
      LiveBus bus, Tenant acme, Channel<Order> board, Runnable load, LiveListener<Order> listener) {
    // snippet:live_snapshot
    Position before = bus.currentPosition(acme, board); // first the position,
    load.run(); // then the state: it holds all that was published before, and maybe more
    Subscription live = bus.subscribe(acme, board, SubscribeOptions.from(before), listener);
    // end
    return live;
  }

  // snippet:live_gateway
  static Subscription opened(
      LiveBus bus,
      Tenant acme,
      Channel<Order> board,
      @Nullable String token,
      Supplier<String> state,
      Socket socket) {
    Position from;
    try {
      from = Position.parse(token);
    } catch (InvalidValueException e) { // none, cut or mistyped: as if it were new
      from = bus.currentPosition(acme, board);
      socket.snapshot(from.toString(), state.get());
    }
    return bus.subscribe(
        acme,
        board,
        SubscribeOptions.from(from).queueLimit(1_000).slowConsumer(SlowConsumer.DISCONNECT),
        new LiveListener<Order>() {
          @Override
          public void onMessage(LiveMessage<Order> message) {
            socket.message(String.valueOf(message.position()), message.raw());
          }

          @Override
          public void onGap(Gap gap) {
            socket.reload(gap.reason().name(), gap.resumesAt().toString());
          }

          @Override
          public void onDisconnected(@Nullable Position resumeFrom) {
            socket.close(); // the browser comes back with the last token that it has
          }
        });
  }

  // end

  static EventBus events(LiveBus bus, Tenant acme, Order order, Consumer<Order> board) {
    // snippet:live_events
    EventBus events = EventBus.builder(bus, acme, "orders").build();
    events.on("order.placed", Order.class, (placed, message) -> board.accept(placed));
    events.start().join();
    events.publish("order.placed", order);
    // end
    return events;
  }

  static CacheInvalidation<Order> cache(
      LiveBus bus, Tenant acme, Function<String, Order> load, BiConsumer<String, Order> save) {
    Order changed = new Order("o-1", "c-1", 1_000);
    // snippet:live_cache
    CacheInvalidation<Order> orders =
        CacheInvalidation.builder(bus, acme, "order-cache", new ConcurrentHashMap<String, Order>())
            .maxStaleness(Duration.ofSeconds(5)) // the default
            .build();
    orders.get("o-1", load); // from the map, or loaded

    save.accept("o-1", changed); // first the truth,
    orders.invalidate("o-1"); // then everybody's cache
    // end
    return orders;
  }

  static CompletableFuture<Answers<Integer>> ask(
      LiveBus bus, Tenant acme, Map<String, Integer> sessions) {
    // snippet:live_request
    Presence presence =
        Presence.builder(bus, acme, "gateways").metadata(Map.of("zone", "a")).build();

    RequestAll<String, Integer> count =
        RequestAll.builder(
                bus, acme, "sessions", Serde.json(String.class), Serde.json(Integer.class))
            .presence(presence)
            .handler((user, message) -> sessions.getOrDefault(user, 0))
            .build();
    CompletableFuture<Answers<Integer>> all = count.ask("ann", Duration.ofSeconds(2));
    // end
    Closing.later(count, presence);
    return all;
  }

  static List<String> watched(LiveBus bus) {
    // snippet:live_watch
    List<String> report = new ArrayList<>();
    if (!bus.health().isUp()) {
      report.add(bus.health().detail());
    }
    for (ChannelDeliveries channel : bus.subscriberStats().channels()) {
      if (!channel.gaps().isEmpty() || channel.dropped() > 0) {
        report.add(channel.tenant() + " " + channel.channel() + ": " + channel.gaps());
      }
    }
    // end
    return report;
  }
}
