package dev.tandem.docs.tenants;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.Position;
import dev.tandem.api.Positions;
import dev.tandem.api.serde.Serde;
import dev.tandem.hybrid.HybridPublisher;
import dev.tandem.hybrid.Route;
import dev.tandem.outbox.Outbox;
import dev.tandem.outbox.OutboxRelay;
import dev.tandem.outbox.OutboxRoute;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.ChannelSet;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.cache.CacheInvalidation;
import dev.tandem.pubsub.events.EventBus;
import dev.tandem.pubsub.presence.Presence;
import dev.tandem.pubsub.request.RequestAll;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.DeadLetterProcessor;
import dev.tandem.streams.DeadLetters;
import dev.tandem.streams.Deletion;
import dev.tandem.streams.PendingQuery;
import dev.tandem.streams.SchedulePromoter;
import dev.tandem.streams.ScheduledId;
import dev.tandem.streams.StateStore;
import dev.tandem.streams.StreamAdmin;
import dev.tandem.streams.StreamConsumer;
import dev.tandem.streams.StreamPosition;
import dev.tandem.streams.StreamProducer;
import dev.tandem.streams.StreamReader;
import dev.tandem.streams.StreamScheduler;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.StreamWorker;
import dev.tandem.streams.eventstore.CategoryPosition;
import dev.tandem.streams.eventstore.EventCategory;
import dev.tandem.streams.eventstore.EventStore;
import dev.tandem.streams.eventstore.ExpectedVersion;
import dev.tandem.streams.eventstore.Projection;
import dev.tandem.streams.eventstore.Projections;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.TenantAcl;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;

/**
 * A place where a name, or data that might be mistaken for one, comes in.
 *
 * @param what whose name it is
 * @param call passes it; what it creates and must be closed is what it returns
 */
record Door(String what, Call call) {
  private static final String TOPIC = "orders";
  private static final String GROUP = World.GROUP;
  private static final Duration NONE = Duration.ZERO;
  private static final Serde<String> TEXT = Serde.string();
  private static final DataSource NOWHERE = new JdbcDataSource();

  /** Passes a name. */
  interface Call {
    Object with(World world, String name) throws Exception;
  }

  /** All places. Streams and connections come first. */
  static List<List<Door>> all(StreamProducer producer, LiveBus bus, HybridPublisher hybrid) {
    return List.of(names(), streams(), groups(), stored(), data(producer, bus, hybrid), live(bus));
  }

  private static Door door(String what, Call call) {
    return new Door(what, call);
  }

  private static List<Door> names() {
    return List.of(
        door("tenant", (w, n) -> Tenant.of(n)),
        door("topic", (w, n) -> StreamTopic.of(n, TEXT)),
        door("category", (w, n) -> EventCategory.of(n, TEXT)),
        door("channel", (w, n) -> Channel.of(n, TEXT)),
        door("channel named", (w, n) -> w.board.named(n)),
        door("channel per type", (w, n) -> ChannelSet.perType(w.board, n)),
        door("type to subscribe to", (w, n) -> SubscribeOptions.fromNow().types(n)),
        door("channel of options", (w, n) -> SubscribeOptions.fromNow().forChannel(n)),
        door("message id", (w, n) -> MessageId.of(n)),
        door("position", (w, n) -> Position.parse(n)),
        door("positions", (w, n) -> Positions.parse(n)),
        door("category position", (w, n) -> CategoryPosition.parse(n)),
        door("group of a worker", (w, n) -> StreamWorker.builder(w.redis, w.topic).group(n)),
        door("consumer", (w, n) -> StreamWorker.builder(w.redis, w.topic).consumerName(n)),
        door("consumer by hand", (w, n) -> StreamConsumer.builder(w.redis).consumerName(n)),
        door("projection", (w, n) -> Projection.builder(w.redis, w.category).name(n)),
        door("instance", (w, n) -> LiveBus.builder(w.redis).instanceId(n)),
        door("instance of a publisher", (w, n) -> HybridPublisher.builder(w.redis).instanceId(n)),
        door("pattern", (w, n) -> TenantAcl.builder(w.redis).channelPattern(n)),
        door("client name", (w, n) -> RedisConnection.builder().clientName(n)),
        door("table of an outbox", (w, n) -> Outbox.inTable(n)),
        door("table of a relay", (w, n) -> OutboxRelay.builder(w.redis, NOWHERE).table(n)),
        door("instance of a relay", (w, n) -> OutboxRelay.builder(w.redis, NOWHERE).instanceId(n)),
        door("route of an outbox", (w, n) -> OutboxRoute.of(n, Route.toStream(w.topic))));
  }

  private static List<Door> streams() {
    return List.of(
        door("topic of info", (w, n) -> StreamAdmin.of(w.redis).info(w.tenant, n)),
        door("topic of dead letters", (w, n) -> DeadLetters.of(w.redis).count(w.tenant, n, GROUP)),
        door("topic of a processor", (w, n) -> DeadLetterProcessor.builder(w.redis, n)),
        door("topic of a scheduler", (w, n) -> StreamScheduler.of(w.redis).count(w.tenant, n)),
        door(
            "topic of a promoter",
            (w, n) -> SchedulePromoter.builder(w.redis).topic(w.tenant, n).build()),
        door(
            "message to read",
            (w, n) -> StreamReader.of(w.redis).get(w.tenant, w.topic, MessageId.of(n))),
        door(
            "message to explain",
            (w, n) -> StreamAdmin.of(w.redis).explain(w.tenant, TOPIC, MessageId.of(n))),
        door(
            "message to delete",
            (w, n) -> StreamAdmin.of(w.redis).delete(w.tenant, TOPIC, MessageId.of(n))),
        door(
            "message to trim before",
            (w, n) -> StreamAdmin.of(w.redis).previewTrimBefore(w.tenant, TOPIC, MessageId.of(n))),
        door("position after", (w, n) -> StreamPosition.after(MessageId.of(n))),
        door(
            "schedule to find",
            (w, n) -> StreamScheduler.of(w.redis).find(w.tenant, TOPIC, ScheduledId.of(n))),
        door(
            "schedule to cancel",
            (w, n) -> StreamScheduler.of(w.redis).cancel(w.tenant, TOPIC, ScheduledId.of(n))));
  }

  private static List<Door> groups() {
    return List.of(
        door("group", (w, n) -> StreamAdmin.of(w.redis).lag(w.tenant, TOPIC, n)),
        door(
            "group to make",
            (w, n) ->
                StreamAdmin.of(w.redis).createGroup(w.tenant, TOPIC, n, StreamPosition.now())),
        door(
            "group to delete",
            (w, n) ->
                StreamAdmin.of(w.redis).deleteGroup(w.tenant, TOPIC, n, Deletion.IF_NOTHING_LOST)),
        door(
            "group of dead letters", (w, n) -> DeadLetters.of(w.redis).list(w.tenant, TOPIC, n, 1)),
        door("group by hand", (w, n) -> StreamConsumer.builder(w.redis).group(n).build()),
        door(
            "consumer to delete",
            (w, n) -> StreamAdmin.of(w.redis).deleteConsumer(w.tenant, TOPIC, GROUP, n)),
        door(
            "consumer to take from",
            (w, n) -> StreamAdmin.of(w.redis).forceDeleteConsumer(w.tenant, TOPIC, GROUP, n)),
        door(
            "consumer to claim for",
            (w, n) ->
                StreamAdmin.of(w.redis).claim(w.tenant, TOPIC, GROUP, n, List.of(w.sent()), NONE)),
        door(
            "consumer to claim from",
            (w, n) -> StreamAdmin.of(w.redis).claimAll(w.tenant, TOPIC, GROUP, n, "me", NONE, 1)),
        door(
            "consumer of a query",
            (w, n) ->
                StreamAdmin.of(w.redis)
                    .pending(w.tenant, TOPIC, GROUP, PendingQuery.all().consumer(n), 1)),
        door(
            "dead letter",
            (w, n) -> DeadLetters.of(w.redis).find(w.tenant, TOPIC, GROUP, MessageId.of(n))),
        door(
            "dead letter's original",
            (w, n) ->
                DeadLetters.of(w.redis).findOriginal(w.tenant, TOPIC, GROUP, MessageId.of(n))),
        door(
            "dead letter to discard",
            (w, n) -> {
              DeadLetters.of(w.redis).discard(w.tenant, TOPIC, GROUP, MessageId.of(n));
              return n;
            }));
  }

  private static List<Door> stored() {
    return List.of(
        door("state", (w, n) -> StateStore.of(w.redis).getAll(w.tenant, n)),
        door("field of a state", (w, n) -> StateStore.of(w.redis).get(w.tenant, "state", n)),
        door(
            "fields of a state",
            (w, n) -> StateStore.of(w.redis).getAll(w.tenant, "state", List.of(n))),
        door(
            "aggregate",
            (w, n) ->
                EventStore.of(w.redis)
                    .append(w.tenant, w.category, n, ExpectedVersion.any(), List.of(w.message()))),
        door(
            "aggregate to read",
            (w, n) -> EventStore.of(w.redis).last(w.tenant, w.category, n, 10)),
        door(
            "aggregate to save",
            (w, n) ->
                EventStore.of(w.redis).saveSnapshot(w.tenant, w.category, n, 1, "state", TEXT)),
        door(
            "aggregate to delete",
            (w, n) ->
                EventStore.of(w.redis).delete(w.tenant, w.category, n, ExpectedVersion.any())),
        door(
            "command",
            (w, n) ->
                EventStore.of(w.redis)
                    .append(
                        w.tenant,
                        w.category,
                        "a1",
                        ExpectedVersion.any(),
                        n,
                        List.of(w.message()))),
        door("category of a status", (w, n) -> Projections.of(w.redis).status(w.tenant, n, "p")),
        door(
            "projection of a status",
            (w, n) -> Projections.of(w.redis).status(w.tenant, w.category.name(), n)),
        door(
            "projection to rebuild",
            (w, n) -> {
              Projections.of(w.redis).rebuild(w.tenant, w.category.name(), n);
              return n;
            }),
        door(
            "field of a view",
            (w, n) -> Projections.of(w.redis).view(w.tenant, w.category.name(), "p").get(n)));
  }

  private static List<Door> data(StreamProducer producer, LiveBus bus, HybridPublisher hybrid) {
    return List.of(
        door("type", (w, n) -> producer.sendAndWait(w.tenant, w.topic, Message.of(n, n))),
        door("key", (w, n) -> producer.sendAndWait(w.tenant, w.topic, w.message().key(n))),
        door(
            "header",
            (w, n) -> producer.sendAndWait(w.tenant, w.topic, w.message().header(n, "v"))),
        door(
            "header's value",
            (w, n) -> producer.sendAndWait(w.tenant, w.topic, w.message().header("h", n))),
        door("live type", (w, n) -> bus.publish(w.tenant, w.board, Message.of(n, n))),
        door("live key", (w, n) -> bus.publish(w.tenant, w.fleeting, w.message().key(n))),
        door("live header", (w, n) -> bus.publish(w.tenant, w.board, w.message().header(n, n))),
        door(
            "hybrid type",
            (w, n) ->
                hybrid.publish(
                    w.tenant,
                    Message.of(n, n).key(n).header(n, n),
                    Route.toStream(w.topic).andChannel(w.board))),
        door("reason", (w, n) -> w.pending().reject(n)),
        door(
            "scheduled key",
            (w, n) ->
                StreamScheduler.of(w.redis)
                    .sendAfter(w.tenant, w.topic, w.message().key(n), Duration.ofDays(1))));
  }

  private static List<Door> live(LiveBus bus) {
    return List.of(
        door(
            "channel of events",
            (w, n) -> {
              EventBus events = EventBus.builder(bus, w.tenant, n).build();
              events.publish("type", "payload");
              return events;
            }),
        door(
            "type of an event",
            (w, n) -> {
              EventBus events = EventBus.builder(bus, w.tenant, "events").build();
              events.on(n, String.class, (payload, message) -> {});
              events.publish(n, n);
              return events;
            }),
        door("presence", (w, n) -> Presence.builder(bus, w.tenant, n).build()),
        door(
            "metadata",
            (w, n) -> Presence.builder(bus, w.tenant, "presence").metadata(Map.of(n, n)).build()),
        door("request", (w, n) -> RequestAll.builder(bus, w.tenant, n, TEXT, TEXT).build()),
        door("channel of a cache", (w, n) -> cache(bus, w, n)),
        door(
            "key of a cache",
            (w, n) -> {
              try (CacheInvalidation<String> cache = cache(bus, w, "cache")) {
                cache.invalidate(n);
                return String.valueOf(cache.get(n, key -> "loaded"));
              }
            }),
        door(
            "pattern of a cache",
            (w, n) -> {
              try (CacheInvalidation<String> cache = cache(bus, w, "cache")) {
                cache.invalidateMatching(n);
                return n;
              }
            }));
  }

  private static CacheInvalidation<String> cache(LiveBus bus, World w, String channel) {
    return CacheInvalidation.builder(
            bus, w.tenant, channel, new ConcurrentHashMap<String, String>())
        .build();
  }
}
