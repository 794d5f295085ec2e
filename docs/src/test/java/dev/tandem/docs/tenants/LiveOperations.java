package dev.tandem.docs.tenants;

import dev.tandem.api.Gap;
import dev.tandem.api.Message;
import dev.tandem.api.serde.Serde;
import dev.tandem.hybrid.HybridPublisher;
import dev.tandem.hybrid.HybridSubscribeOptions;
import dev.tandem.hybrid.HybridSubscriber;
import dev.tandem.hybrid.HybridTransactionalHandler;
import dev.tandem.hybrid.HybridTransactions;
import dev.tandem.hybrid.Route;
import dev.tandem.pubsub.ChannelBatch;
import dev.tandem.pubsub.ChannelPattern;
import dev.tandem.pubsub.ChannelSet;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.LiveEvent;
import dev.tandem.pubsub.LiveListener;
import dev.tandem.pubsub.LiveMessage;
import dev.tandem.pubsub.LiveReader;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.cache.CacheInvalidation;
import dev.tandem.pubsub.events.EventBus;
import dev.tandem.pubsub.presence.Presence;
import dev.tandem.pubsub.request.RequestAll;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Pipeline;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.StreamWorker;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Flow;
import java.util.function.BiConsumer;

/** Live channels, what is built on them, hybrid publishing, and the connection itself. */
final class LiveOperations {
  private LiveOperations() {}

  static List<Operation<?>> publishing() {
    return List.of(
        Operation.of(
            "LiveBus.publish(Tenant,Channel,Message)",
            w -> w.bus().publish(w.tenant, w.board, w.message())),
        Operation.of(
            "LiveBus.publishAsync(Tenant,Channel,Message)",
            w -> World.get(w.bus().publishAsync(w.tenant, w.fleeting, w.message()))),
        Operation.of(
            "LiveBus.publish(Tenant,ChannelBatch)", w -> w.bus().publish(w.tenant, batch(w))),
        Operation.of(
            "LiveBus.publishAsync(Tenant,ChannelBatch)",
            w -> World.get(w.bus().publishAsync(w.tenant, batch(w)))),
        Operation.of(
            "LiveBus.currentPosition(Tenant,Channel)",
            w -> w.bus().currentPosition(w.tenant, w.board)),
        Operation.of(
            "HybridPublisher.publish(Tenant,Message,Route)",
            w -> hybrid(w).publish(w.tenant, w.message(), route(w))),
        Operation.of(
            "HybridPublisher.publishAsync(Tenant,Message,Route)",
            w -> World.get(hybrid(w).publishAsync(w.tenant, w.message(), route(w)))),
        Operation.of(
            "HybridTransaction.publish(Channel,Message)",
            World::sent,
            (w, id) -> transact(w, "t1", (m, t) -> t.publish(w.board, m))),
        Operation.of(
            "HybridTransaction.publish(Message,Route)",
            World::sent,
            (w, id) -> transact(w, "t2", (m, t) -> t.publish(m, Route.toChannel(w.fleeting)))),
        Operation.of(
            "HybridPublisher.flush(Duration)",
            w -> {
              HybridPublisher hybrid = hybrid(w);
              var sent = hybrid.publishAsync(w.tenant, w.message(), route(w));
              hybrid.flush(World.PATIENCE);
              return World.get(sent);
            }),
        Operation.of(
            "HybridPublisher.close(Duration)",
            w -> {
              HybridPublisher hybrid = hybrid(w);
              var sent = hybrid.publishAsync(w.tenant, w.message(), route(w));
              hybrid.close(World.PATIENCE);
              return World.get(sent);
            }));
  }

  private static void transact(World w, String group, HybridTransactionalHandler<String> handler)
      throws Exception {
    StreamWorker worker =
        w.open(
            StreamWorker.builder(w.redis, w.topic)
                .tenant(w.tenant)
                .group(group)
                .transactional(HybridTransactions.create().handler(handler))
                .build());
    worker.start();
    World.await(() -> worker.stats().acknowledged() > 0, worker::health);
  }

  private static ChannelBatch batch(World w) {
    return ChannelBatch.of().add(w.board, w.message()).add(w.fleeting, w.message());
  }

  private static HybridPublisher hybrid(World w) {
    return w.open(HybridPublisher.builder(w.redis).build());
  }

  private static Route<String> route(World w) {
    return Route.toStream(w.topic).andChannel(w.board);
  }

  static List<Operation<?>> subscribing() {
    SubscribeOptions all = SubscribeOptions.fromBeginning();
    return List.of(
        listening(
            "LiveBus.subscribe(Tenant,Channel,SubscribeOptions,LiveListener)",
            (w, heard) -> w.bus().subscribe(w.tenant, w.board, all, heard).active()),
        listening(
            "LiveBus.subscribe(Tenant,ChannelSet,SubscribeOptions,LiveListener)",
            (w, heard) -> w.bus().subscribe(w.tenant, ChannelSet.of(w.board), all, heard).active()),
        listening(
            "LiveBus.subscribe(Tenant,ChannelPattern,SubscribeOptions,LiveListener)",
            (w, heard) ->
                w.bus().subscribe(w.tenant, ChannelPattern.of("b*", w.board), all, heard).active()),
        listening(
            "HybridSubscriber.subscribe(Tenant,StreamTopic,Channel,HybridSubscribeOptions,LiveListener)",
            (w, heard) -> {
              HybridSubscriber hybrid = w.open(HybridSubscriber.builder(w.redis, w.bus()).build());
              return hybrid
                  .subscribe(
                      w.tenant, w.topic, w.board, HybridSubscribeOptions.fromBeginning(), heard)
                  .active();
            }),
        Operation.of(
            "LiveBus.open(Tenant,Channel,SubscribeOptions)",
            w -> {
              LiveReader<String> reader = w.open(w.bus().open(w.tenant, w.board, all));
              World.get(reader.active());
              return World.require(Optional.ofNullable(reader.poll(World.PATIENCE)));
            }),
        listening(
            "LiveBus.publisher(Tenant,Channel,SubscribeOptions)",
            (w, heard) -> {
              w.bus().publisher(w.tenant, w.board, all).subscribe(heard);
              return heard.anything;
            }));
  }

  private static Operation<?> listening(String method, Listening begin) {
    return Operation.of(
        method,
        w -> {
          Heard heard = new Heard();
          World.get(begin.with(w, heard));
          return World.get(heard.anything);
        });
  }

  /** Begins to listen; what it gives completes when that is in force. */
  private interface Listening {
    CompletableFuture<Void> with(World world, Heard heard) throws Exception;
  }

  /** Whether anything came. */
  private static final class Heard
      implements LiveListener<String>, Flow.Subscriber<LiveEvent<String>> {
    final CompletableFuture<Void> anything = new CompletableFuture<>();

    @Override
    public void onMessage(LiveMessage<String> message) {
      anything.complete(null);
    }

    @Override
    public void onGap(Gap gap) {
      anything.complete(null);
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(LiveEvent<String> event) {
      anything.complete(null);
    }

    @Override
    public void onError(Throwable error) {
      anything.completeExceptionally(error);
    }

    @Override
    public void onComplete() {}
  }

  static List<Operation<?>> helping() {
    return List.of(
        events("EventBus.start()", (bus, error) -> {}),
        events("EventBus.publish(String,Object)", (bus, e) -> bus.publish("placed", "x")),
        events("EventBus.publish(Message)", (bus, e) -> bus.publish(Message.of("placed", "x"))),
        events(
            "EventBus.publishAsync(Message)",
            (bus, e) -> bus.publishAsync(Message.of("placed", "x")).join()),
        events(
            "EventBus.publishAsync(Message,Serde)",
            (bus, e) ->
                bus.publishAsync(Message.of("placed", "x"), Serde.json(String.class)).join()),
        cache("CacheInvalidation.invalidate(String)", cache -> cache.invalidate("key")),
        cache(
            "CacheInvalidation.invalidateMatching(String)",
            cache -> cache.invalidateMatching("key*")),
        cache("CacheInvalidation.invalidateAll()", CacheInvalidation::invalidateAll),
        Operation.of(
            "Presence.ready()",
            w -> {
              LiveBus bus = w.bus();
              Presence presence = w.open(Presence.builder(bus, w.tenant, "presence").build());
              return World.get(presence.ready());
            }),
        Operation.of(
            "RequestAll.ask(Object,Duration)",
            w -> {
              LiveBus bus = w.bus();
              var requests =
                  RequestAll.builder(bus, w.tenant, "requests", Serde.string(), Serde.string())
                      .handler((question, message) -> "answer");
              RequestAll<String, String> asking = w.open(requests.build());
              World.get(asking.active());
              return World.get(asking.ask("question", Duration.ofMillis(200)));
            }));
  }

  private static Operation<?> events(String method, BiConsumer<EventBus, String> call) {
    return Operation.of(
        method,
        w -> {
          LiveBus bus = w.bus();
          EventBus events = w.open(EventBus.builder(bus, w.tenant, "events").build());
          call.accept(events, method);
          return World.get(events.start());
        });
  }

  private static Operation<?> cache(
      String method, java.util.function.Consumer<CacheInvalidation<String>> call) {
    return Operation.of(
        method,
        w -> {
          LiveBus bus = w.bus();
          CacheInvalidation<String> cache =
              w.open(
                  CacheInvalidation.builder(
                          bus, w.tenant, "cache", new ConcurrentHashMap<String, String>())
                      .build());
          call.accept(cache);
          World.get(cache.ready());
          return cache.get("key", key -> "loaded");
        });
  }

  static List<Operation<?>> connecting() {
    return List.of(
        Operation.of("RedisConnection.commands()", w -> w.redis.commands().execute(read(w))),
        Operation.of(
            "RedisConnection.openPipeline()",
            w -> {
              Pipeline pipeline = w.redis.openPipeline();
              pipeline.write(List.of(read(w)));
              return String.valueOf(Replies.orThrow(pipeline.read().get(0)));
            }),
        Operation.of(
            "RedisConnection.openDedicated(RedisKey,Duration)",
            w ->
                String.valueOf(
                    w.open(w.redis.openDedicated(key(w), Duration.ofSeconds(5)))
                        .execute(read(w)))));
  }

  private static RedisKey key(World w) {
    return RedisKey.of(w.prefix() + "any");
  }

  private static Command read(World w) {
    return Command.of("HGET").key(key(w)).arg("field").repeatable();
  }
}
