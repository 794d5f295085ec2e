package dev.tandem.pubsub.events;

import dev.tandem.api.Gap;
import dev.tandem.api.Message;
import dev.tandem.api.Position;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import dev.tandem.api.serde.Serde;
import dev.tandem.api.serde.SerdeContext;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.LiveListener;
import dev.tandem.pubsub.LiveMessage;
import dev.tandem.pubsub.PublishReceipt;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.Subscription;
import dev.tandem.redis.metrics.Tally;
import dev.tandem.tenant.Tenant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Events of several types on one channel, and handlers by type: one subscription, however many
 * handlers.
 *
 * <pre>{@code
 * EventBus events = EventBus.builder(bus, tenant, "orders").build();
 * events.on("order.placed", Order.class, (order, message) -> board.add(order));
 * events.start();
 * events.publish("order.placed", order);
 * }</pre>
 *
 * <p><b>Guarantee.</b> What {@link Channel} promises, recoverable by default: every handler is
 * called for each event of its type once and in the channel's order, or the gap handler is told
 * what was missed; also for events of other processes. One handler's errors are counted and keep no
 * other from being called. A handler that is registered while events arrive is called for those
 * that begin to be handled after {@link #on} returned.
 *
 * <p><b>Types.</b> A payload's Java type is chosen by each handler, from the event type it
 * registers for; nothing in the message names a class. Events of a type that nobody registered for
 * are counted, not an error, so that programs can be released one after the other.
 *
 * <p><b>Threads.</b> Handlers are called on the delivery threads of the {@link LiveBus}, one event
 * at a time, those of one event in the order of their registration, catch-all handlers last.
 *
 * <p>Thread safety: safe for use by many threads. Close it before its bus.
 */
public final class EventBus implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EventBus.class);
  private static final Serde<byte[]> RAW = new JsonBytes();

  private final LiveBus bus;
  private final Tenant tenant;
  private final Channel<byte[]> channel;
  private final SubscribeOptions options;
  private final @Nullable Consumer<Gap> gapHandler;
  private final SerdeContext context;
  private final Handlers handlers = new Handlers();
  private final ConcurrentHashMap<Class<?>, Serde<?>> serdes = new ConcurrentHashMap<>();
  private final Tally received;
  private final Tally unknown;
  private final Tally handled;
  private final Tally failures;
  private final Tally unreadable;
  private final Tally gaps;

  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable Subscription subscription;
  private volatile boolean closed;

  EventBus(EventBusBuilder chosen) {
    bus = chosen.bus;
    tenant = chosen.tenant;
    channel = chosen.channel;
    options = chosen.options;
    gapHandler = chosen.gapHandler;
    context = new SerdeContext(tenant.name(), channel.name());
    received = tally("received");
    unknown = tally("unknown");
    handled = tally("handled");
    failures = tally("failures");
    unreadable = tally("unreadable");
    gaps = tally("gaps");
  }

  private Tally tally(String name) {
    return new Tally(bus.metrics().counter("tandem.pubsub.events." + name));
  }

  /**
   * The options of an event bus on a channel of this name.
   *
   * @throws InvalidValueException if the name breaks the rule of {@link dev.tandem.tenant.Names}
   */
  public static EventBusBuilder builder(LiveBus bus, Tenant tenant, String channel) {
    return new EventBusBuilder(bus, tenant, channel);
  }

  /**
   * Subscribes. Handlers registered before miss nothing; registering more is possible at any time.
   * Repeated calls return the same.
   *
   * @return completes when what is published from now on will arrive; see {@link
   *     Subscription#active}
   * @throws ClosedException if this or the live bus is closed
   * @throws InvalidValueException as {@link LiveBus#subscribe} does
   */
  public CompletableFuture<Void> start() {
    lock.lock();
    try {
      checkOpen();
      Subscription present = subscription;
      if (present == null) {
        present = bus.subscribe(tenant, channel, options, new Dispatcher());
        subscription = present;
      }
      return present.active();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Calls a handler with the events of a type, their payloads read as JSON for this class.
   *
   * @throws InvalidValueException if the type breaks the rule of {@link Message}
   * @throws ClosedException if this is closed
   */
  public <T> Registration on(String type, Class<T> payload, EventHandler<? super T> handler) {
    return on(type, serde(Require.notNull("payload class", payload)), handler);
  }

  /** Calls a handler with the events of a type, their payloads read by this serde for JSON. */
  public <T> Registration on(String type, Serde<T> payload, EventHandler<? super T> handler) {
    Require.text("event type", type, 1, Message.MAX_TYPE);
    checkJson(payload);
    Require.notNull("handler", handler);
    checkOpen();
    return handlers.add(type, payload, handler);
  }

  /** Calls a handler with all events, their payloads as JSON in UTF-8. */
  public Registration onAny(EventHandler<byte[]> handler) {
    Require.notNull("handler", handler);
    checkOpen();
    return handlers.addForAny(RAW, handler);
  }

  /**
   * Publishes an event, its payload as JSON for its class, and waits until Redis has taken it.
   *
   * @throws ClosedException if this is closed; for the rest see {@link LiveBus#publish}
   */
  public PublishReceipt publish(String type, Object payload) {
    return publish(Message.of(type, payload));
  }

  /** The same for an event with key or headers. */
  public PublishReceipt publish(Message<?> event) {
    return bus.publish(tenant, channel, encoded(event));
  }

  /** Publishes without waiting; see {@link LiveBus#publishAsync}. */
  public CompletableFuture<PublishReceipt> publishAsync(Message<?> event) {
    return bus.publishAsync(tenant, channel, encoded(event));
  }

  /** Publishes without waiting, the payload written by this serde for JSON. */
  public <T> CompletableFuture<PublishReceipt> publishAsync(Message<T> event, Serde<T> payload) {
    return bus.publishAsync(tenant, channel, encoded(event, checkJson(payload)));
  }

  private <T> Message<byte[]> encoded(Message<T> event) {
    @SuppressWarnings("unchecked") // an object's class is a class of T
    Class<T> type = (Class<T>) Require.notNull("event", event).payload().getClass();
    return encoded(event, serde(type));
  }

  private <T> Message<byte[]> encoded(Message<T> event, Serde<T> serde) {
    checkOpen();
    Message<byte[]> encoded =
        Message.of(event.type(), serde.serialize(event.payload(), context))
            .headers(event.headers());
    String key = event.key();
    if (key != null) {
      encoded = encoded.key(key);
    }
    return event.timeToLive() == null ? encoded : encoded.expiresAfter(event.timeToLive());
  }

  @SuppressWarnings("unchecked") // each class is the key of its own serde
  private <T> Serde<T> serde(Class<T> type) {
    return (Serde<T>) serdes.computeIfAbsent(type, Serde::json);
  }

  private static <T> Serde<T> checkJson(Serde<T> serde) {
    if (!Require.notNull("payload serde", serde).isJson()) {
      throw new InvalidValueException(
          "payload serde",
          serde.getClass().getSimpleName(),
          "must be one for JSON; the event bus wraps it, see EventBusBuilder.payloads");
    }
    return serde;
  }

  /** After the last event that was handled, to resume from; see {@link Subscription#position}. */
  public @Nullable Position position() {
    lock.lock();
    try {
      return subscription == null ? null : subscription.position();
    } finally {
      lock.unlock();
    }
  }

  /** What it has received so far. */
  public EventBusStats stats() {
    return new EventBusStats(
        received.sum(),
        unknown.sum(),
        handled.sum(),
        failures.sum(),
        unreadable.sum(),
        gaps.sum(),
        handlers.count());
  }

  private void checkOpen() {
    if (closed) {
      throw new ClosedException("event bus is closed", tenant.name(), channel.name());
    }
  }

  /** Ends the subscription: no call of a handler begins any more. Repeated calls do nothing. */
  @Override
  public void close() {
    Subscription ending;
    lock.lock();
    try {
      closed = true;
      ending = subscription;
    } finally {
      lock.unlock();
    }
    if (ending != null) {
      ending.close();
    }
  }

  @Override
  public String toString() {
    return "EventBus[" + channel.name() + "]";
  }

  /** Takes what arrives to the handlers. */
  private final class Dispatcher implements LiveListener<byte[]> {
    @Override
    public void onMessage(LiveMessage<byte[]> message) {
      received.add(1);
      List<RegisteredHandler<?>> ofType = handlers.of(message.type());
      List<RegisteredHandler<?>> ofAny = handlers.ofAny();
      if (ofType.isEmpty()) {
        unknown.add(1);
      }
      if (ofType.isEmpty() && ofAny.isEmpty()) {
        return;
      }
      byte[] json;
      try {
        json = message.payload();
      } catch (RuntimeException e) {
        unreadable.add((long) ofType.size() + ofAny.size());
        LOG.warn("the payload of {} cannot be read", message, e);
        return;
      }
      EventPayload payload = new EventPayload(json, context);
      ofType.forEach(handler -> call(handler, payload, message));
      ofAny.forEach(handler -> call(handler, payload, message));
    }

    private void call(RegisteredHandler<?> handler, EventPayload payload, LiveMessage<?> message) {
      switch (handler.call(payload, message)) {
        case HANDLED -> handled.add(1);
        case CLOSED -> {}
        case FAILED -> {
          failures.add(1);
          LOG.error("a handler failed on {}", message, handler.lastFailure());
        }
        case UNREADABLE -> {
          unreadable.add(1);
          LOG.warn("a handler cannot read {}", message, handler.lastFailure());
        }
      }
    }

    @Override
    public void onGap(Gap gap) {
      gaps.add(1);
      Consumer<Gap> handler = gapHandler;
      if (handler == null) {
        LOG.warn("events on channel {} were missed: {}", channel.name(), gap);
      } else {
        handler.accept(gap);
      }
    }
  }
}
