package dev.tandem.outbox.internal.send;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.hybrid.FixedRoute;
import dev.tandem.hybrid.Route;
import dev.tandem.hybrid.internal.numbered.EncodedMessage;
import dev.tandem.hybrid.internal.numbered.NumberedPublisher;
import dev.tandem.outbox.Outbox;
import dev.tandem.outbox.OutboxRoute;
import dev.tandem.outbox.internal.store.HeaderText;
import dev.tandem.outbox.internal.store.StoredMessage;
import dev.tandem.outbox.internal.store.StoredPayload;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.TreeSet;

/**
 * Makes of rows what goes to Redis.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
public final class Encoder {
  private final NumberedPublisher publisher;
  private final Map<String, Route<?>> routes = new HashMap<>();
  private final IdentityHashMap<FixedRoute<?>, FixedRoute<StoredPayload>> raw =
      new IdentityHashMap<>();

  /** An encoder for messages of these routes. */
  public Encoder(NumberedPublisher publisher, Iterable<OutboxRoute<?>> routes) {
    this.publisher = publisher;
    routes.forEach(route -> this.routes.put(route.name(), route.route()));
  }

  /**
   * The message in a row.
   *
   * @throws dev.tandem.api.error.MessagingException if it cannot be published
   */
  public EncodedMessage encode(StoredMessage row) {
    Route<?> route = routes.get(row.route());
    if (route == null) {
      throw new InvalidValueException(
          "outbox route",
          row.route(),
          "must be one that the relay has: " + new TreeSet<>(routes.keySet()));
    }
    MessageId id = MessageId.of(row.messageId());
    Message<StoredPayload> message =
        Message.received(
            row.type(),
            StoredPayload.read(row.payload(), row.channelPayloads()),
            row.key(),
            HeaderText.read(row.headers(), Outbox.ID_HEADER, row.messageId()));
    if (row.ttlMillis() > 0) {
      message = message.expiresAfter(Duration.ofMillis(row.ttlMillis()));
    }
    FixedRoute<StoredPayload> places = raw.computeIfAbsent(route.forType(row.type()), RawRoute::of);
    return publisher.encode(Tenant.of(row.line().tenant()), message, places, id);
  }
}
