package dev.tandem.pubsub.events;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Gap;
import dev.tandem.api.Message;
import dev.tandem.api.Position;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.SerdeException;
import dev.tandem.api.serde.EncryptionKey;
import dev.tandem.api.serde.InMemoryKeyring;
import dev.tandem.api.serde.JsonType;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Buses;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@RedisTest
class EventBusIT {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Buses buses = new Buses();

  record Order(String customer, int total) {}

  /** The same JSON, as another program reads it. */
  record Customer(String customer) {}

  @AfterEach
  void close() {
    buses.close();
  }

  private static EventBus started(LiveBus bus, String tenant) throws Exception {
    EventBus events = EventBus.builder(bus, Tenant.of(tenant), "orders").build();
    events.start().get(20, TimeUnit.SECONDS);
    return events;
  }

  @Test
  void handlersOfATypeGetItsEventsInOrderEachInItsOwnClass(
      RedisServer server, @UniqueTenant String tenant) throws Exception {
    EventBus sender =
        EventBus.builder(buses.bus(server.url()), Tenant.of(tenant), "orders").build();
    EventBus receiver = started(buses.bus(server.url()), tenant);
    List<Order> orders = new CopyOnWriteArrayList<>();
    List<Order> again = new CopyOnWriteArrayList<>();
    List<Customer> customers = new CopyOnWriteArrayList<>();
    List<String> all = new CopyOnWriteArrayList<>();
    receiver.on("order.placed", Order.class, (order, message) -> orders.add(order));
    receiver.on("order.placed", Order.class, (order, message) -> again.add(order));
    receiver.on("order.placed", Customer.class, (order, message) -> customers.add(order));
    receiver.onAny((json, message) -> all.add(message.type() + " " + new String(json, UTF_8)));

    sender.publish("order.placed", new Order("ann", 1));
    sender.publish(Message.of("order.paid", new Order("ann", 1)).key("ann").header("trace", "t"));
    sender.publish("order.placed", new Order("bob", 2));

    await().atMost(PATIENCE).until(() -> all.size() == 3);
    assertThat(orders).containsExactly(new Order("ann", 1), new Order("bob", 2));
    assertThat(again.get(0)).isSameAs(orders.get(0));
    assertThat(customers).containsExactly(new Customer("ann"), new Customer("bob"));
    assertThat(all)
        .containsExactly(
            "order.placed {\"customer\":\"ann\",\"total\":1}",
            "order.paid {\"customer\":\"ann\",\"total\":1}",
            "order.placed {\"customer\":\"bob\",\"total\":2}");
    await()
        .atMost(PATIENCE)
        .until(() -> receiver.stats().equals(new EventBusStats(3, 1, 9, 0, 0, 0, 4)));
  }

  @Test
  void aHandlerThatThrowsIsCountedAndKeepsNobodyFromBeingCalled(
      RedisServer server, @UniqueTenant String tenant) throws Exception {
    EventBus events = started(buses.bus(server.url()), tenant);
    List<String> heard = new CopyOnWriteArrayList<>();
    Registration error =
        events.on(
            "t",
            String.class,
            (text, message) -> {
              throw new AssertionError("boom");
            });
    Registration checked =
        events.on(
            "t",
            String.class,
            (text, message) -> {
              throw new java.io.IOException("boom");
            });
    Registration unreadable = events.on("t", Order.class, (order, message) -> heard.add("never"));
    Registration good = events.on("t", String.class, (text, message) -> heard.add(text));

    events.publish("t", "one");
    events.publish("t", "two");

    await().atMost(PATIENCE).until(() -> heard.size() == 2);
    assertThat(heard).containsExactly("one", "two");
    assertThat(error.stats().failures()).isEqualTo(2);
    assertThat(error.stats().lastFailure()).isInstanceOf(AssertionError.class);
    assertThat(checked.stats().lastFailure()).isInstanceOf(java.io.IOException.class);
    assertThat(unreadable.stats().unreadable()).isEqualTo(2);
    assertThat(unreadable.stats().lastFailure()).isInstanceOf(SerdeException.class);
    await().atMost(PATIENCE).until(() -> good.stats().handled() == 2);
    await()
        .atMost(PATIENCE)
        .until(() -> events.stats().equals(new EventBusStats(2, 0, 2, 4, 2, 0, 4)));
  }

  @Test
  void aHandlerMayEndItselfAndUnknownTypesAreOnlyCounted(
      RedisServer server, @UniqueTenant String tenant) throws Exception {
    EventBus events = started(buses.bus(server.url()), tenant);
    List<String> once = new CopyOnWriteArrayList<>();
    List<Registration> own = new CopyOnWriteArrayList<>();
    own.add(
        events.on(
            "t",
            String.class,
            (text, message) -> {
              once.add(text);
              own.get(0).close();
            }));
    events.publish("t", "one");
    await().atMost(PATIENCE).until(() -> events.stats().handlers() == 0);
    events.publish("t", "two");
    await().atMost(PATIENCE).until(() -> events.stats().received() == 2);
    assertThat(once).containsExactly("one");
    await().atMost(PATIENCE).until(() -> events.stats().unknown() == 1);
  }

  @Test
  void resumesWhereItStoppedAndIsToldWhatItMissedForGood(
      RedisServer server, @UniqueTenant String name) throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus bus = buses.bus(server.url());
    EventBus first =
        EventBus.builder(bus, tenant, "orders").recoverable(Duration.ofMinutes(5), 3).build();
    List<String> heard = new CopyOnWriteArrayList<>();
    List<Gap> gaps = new CopyOnWriteArrayList<>();
    first.on("t", String.class, (text, message) -> heard.add(text));
    first.start().get(20, TimeUnit.SECONDS);
    first.publish("t", "one");
    await().atMost(PATIENCE).until(() -> heard.size() == 1);
    Position stopped =
        await()
            .atMost(PATIENCE)
            .until(() -> requireNonNull(at(first)), position -> position.version() == 1);
    first.close();
    EventBus sender =
        EventBus.builder(bus, tenant, "orders").recoverable(Duration.ofMinutes(5), 3).build();
    sender.publish("t", "two");

    for (int run = 1; run <= 2; run++) {
      EventBus next =
          EventBus.builder(bus, tenant, "orders")
              .recoverable(Duration.ofMinutes(5), 3)
              .subscribe(SubscribeOptions.from(stopped))
              .onGap(gaps::add)
              .build();
      next.on("t", String.class, (text, message) -> heard.add(text));
      next.start().get(20, TimeUnit.SECONDS);
      if (run == 1) {
        await().atMost(PATIENCE).until(() -> heard.contains("two"));
        assertThat(gaps).isEmpty();
        next.close();
        for (int i = 0; i < 20; i++) {
          sender.publish("t", "more");
        }
      } else {
        await().atMost(PATIENCE).until(() -> !gaps.isEmpty());
        await().atMost(PATIENCE).until(() -> next.stats().gaps() == 1);
      }
    }
  }

  private static @Nullable Position at(EventBus events) {
    return events.position();
  }

  @Test
  void genericAndEncryptedPayloadsTravel(RedisServer server, @UniqueTenant String name)
      throws Exception {
    Serde<List<Order>> serde = Serde.json(new JsonType<List<Order>>() {});
    InMemoryKeyring keyring = InMemoryKeyring.of(EncryptionKey.of("k1", new byte[32]));
    LiveBus bus = buses.bus(server.url());
    EventBus events =
        EventBus.builder(bus, Tenant.of(name), "secret")
            .payloads(json -> json.encrypted(keyring))
            .build();
    List<List<Order>> heard = new CopyOnWriteArrayList<>();
    events.on("many", serde, (orders, message) -> heard.add(orders));
    events.start().get(20, TimeUnit.SECONDS);
    events
        .publishAsync(Message.of("many", List.of(new Order("ann", 1))), serde)
        .get(20, TimeUnit.SECONDS);
    await().atMost(PATIENCE).until(() -> heard.size() == 1);
    assertThat(heard.get(0)).containsExactly(new Order("ann", 1));

    Channel<String> foreign = Channel.of("secret", Serde.json(String.class));
    bus.publish(Tenant.of(name), foreign, Message.of("many", "in clear"));
    await().atMost(PATIENCE).until(() -> events.stats().unreadable() == 1);
  }

  @Test
  void refusesWhatCannotWork(RedisServer server, @UniqueTenant String tenant) {
    LiveBus bus = buses.bus(server.url());
    EventBus events = EventBus.builder(bus, Tenant.of(tenant), "orders").build();
    assertThatThrownBy(() -> events.on("", String.class, (text, message) -> {}))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("event type");
    assertThatThrownBy(() -> events.on("t", Serde.string(), (text, message) -> {}))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("must be one for JSON");
    assertThatThrownBy(() -> EventBus.builder(bus, Tenant.of(tenant), "a:b"))
        .isInstanceOf(InvalidValueException.class);
    events.close();
    events.close();
    assertThatThrownBy(() -> events.publish("t", "x")).isInstanceOf(ClosedException.class);
    assertThatThrownBy(events::start).isInstanceOf(ClosedException.class);
    assertThatThrownBy(() -> events.onAny((json, message) -> {}))
        .isInstanceOf(ClosedException.class);
  }
}
