package dev.tandem.docs.tenants;

import dev.tandem.api.MessageId;
import dev.tandem.streams.DeadLetterDecision;
import dev.tandem.streams.DeadLetterProcessor;
import dev.tandem.streams.DeadLetterRetention;
import dev.tandem.streams.DeadLetters;
import dev.tandem.streams.Deletion;
import dev.tandem.streams.HeldDelivery;
import dev.tandem.streams.PendingQuery;
import dev.tandem.streams.ReplayOptions;
import dev.tandem.streams.SchedulePromoter;
import dev.tandem.streams.ScheduledMessage;
import dev.tandem.streams.StreamAdmin;
import dev.tandem.streams.StreamPosition;
import dev.tandem.streams.StreamScheduler;
import dev.tandem.streams.Trimming;
import java.time.Duration;
import java.util.List;

/** Dead letters, scheduling and administration. */
final class StreamCareOperations {
  private static final String TOPIC = "orders";
  private static final String GROUP = World.GROUP;
  private static final Duration NONE = Duration.ZERO;
  private static final Duration LATER = Duration.ofDays(1);
  private static final MessageId ANY = MessageId.of("1-1");

  private StreamCareOperations() {}

  static List<Operation<?>> deadLetters() {
    return List.of(
        Operation.of(
            "DeadLetters.count(Tenant,String,String)", w -> dead(w).count(w.tenant, TOPIC, GROUP)),
        Operation.of(
            "DeadLetters.count(Tenant,String,String,Predicate)",
            w -> dead(w).count(w.tenant, TOPIC, GROUP, letter -> true)),
        Operation.of(
            "DeadLetters.list(Tenant,String,String,int)",
            w -> dead(w).list(w.tenant, TOPIC, GROUP, 10)),
        Operation.of(
            "DeadLetters.listAfter(Tenant,String,String,MessageId,int)",
            w -> dead(w).listAfter(w.tenant, TOPIC, GROUP, ANY, 10)),
        Operation.of(
            "DeadLetters.listNewest(Tenant,String,String,int)",
            w -> dead(w).listNewest(w.tenant, TOPIC, GROUP, 10)),
        Operation.of(
            "DeadLetters.listBefore(Tenant,String,String,MessageId,int)",
            w -> dead(w).listBefore(w.tenant, TOPIC, GROUP, ANY, 10)),
        Operation.of(
            "DeadLetters.find(Tenant,String,String,MessageId)",
            World::dead,
            (w, id) -> World.require(dead(w).find(w.tenant, TOPIC, GROUP, id))),
        Operation.of(
            "DeadLetters.findOriginal(Tenant,String,String,MessageId)",
            World::dead,
            (w, id) -> dead(w).findOriginal(w.tenant, TOPIC, GROUP, id)),
        Operation.of(
            "DeadLetters.replay(Tenant,String,String,MessageId)",
            World::dead,
            (w, id) -> dead(w).replay(w.tenant, TOPIC, GROUP, id)),
        Operation.of(
            "DeadLetters.replayAll(Tenant,String,String,ReplayOptions)",
            World::dead,
            (w, id) ->
                dead(w).replayAll(w.tenant, TOPIC, GROUP, ReplayOptions.defaults().limit(1))),
        Operation.of(
            "DeadLetters.replayAll(Tenant,String,String)",
            World::dead,
            (w, id) -> dead(w).replayAll(w.tenant, TOPIC, GROUP)),
        Operation.of(
            "DeadLetters.discard(Tenant,String,String,MessageId)",
            World::dead,
            (w, id) -> dead(w).discard(w.tenant, TOPIC, GROUP, id)),
        Operation.of(
            "DeadLetters.discardAll(Tenant,String,String,Predicate)",
            World::dead,
            (w, id) -> dead(w).discardAll(w.tenant, TOPIC, GROUP, letter -> true)),
        Operation.of(
            "DeadLetters.discardAll(Tenant,String,String)",
            World::dead,
            (w, id) -> dead(w).discardAll(w.tenant, TOPIC, GROUP)),
        Operation.of(
            "DeadLetters.trim(Tenant,String,String,DeadLetterRetention)",
            World::dead,
            (w, id) ->
                dead(w).trim(w.tenant, TOPIC, GROUP, DeadLetterRetention.forever().maxCount(1))),
        Operation.of(
            "DeadLetterProcessor.run()",
            World::dead,
            (w, id) ->
                DeadLetterProcessor.builder(w.redis, TOPIC)
                    .tenant(w.tenant)
                    .group(GROUP)
                    .handler(letter -> DeadLetterDecision.DISCARD)
                    .build()
                    .run()));
  }

  private static DeadLetters dead(World w) {
    return DeadLetters.of(w.redis);
  }

  static List<Operation<?>> scheduling() {
    return List.of(
        Operation.of(
            "StreamScheduler.sendAt(Tenant,StreamTopic,Message,Instant)",
            w ->
                scheduler(w)
                    .sendAt(w.tenant, w.topic, w.message(), w.admin.serverTime().plus(LATER))),
        Operation.of(
            "StreamScheduler.sendAfter(Tenant,StreamTopic,Message,Duration)",
            w -> scheduler(w).sendAfter(w.tenant, w.topic, w.message(), LATER)),
        Operation.of(
            "StreamScheduler.cancel(Tenant,String,ScheduledId)",
            World::scheduled,
            (w, id) -> scheduler(w).cancel(w.tenant, TOPIC, id)),
        Operation.of(
            "StreamScheduler.count(Tenant,String)", w -> scheduler(w).count(w.tenant, TOPIC)),
        Operation.of(
            "StreamScheduler.nextDue(Tenant,String)", w -> scheduler(w).nextDue(w.tenant, TOPIC)),
        Operation.of(
            "StreamScheduler.find(Tenant,String,ScheduledId)",
            World::scheduled,
            (w, id) -> World.require(scheduler(w).find(w.tenant, TOPIC, id))),
        Operation.of(
            "StreamScheduler.list(Tenant,String,int)", w -> scheduler(w).list(w.tenant, TOPIC, 10)),
        Operation.of(
            "StreamScheduler.listAfter(Tenant,String,ScheduledMessage,int)",
            w -> {
              w.scheduled();
              return StreamScheduler.of(w.admin).list(w.tenant, TOPIC, 1).get(0);
            },
            (World w, ScheduledMessage after) ->
                scheduler(w).listAfter(w.tenant, TOPIC, after, 10)),
        Operation.of(
            "SchedulePromoter.start()",
            w ->
                StreamScheduler.of(w.admin)
                    .sendAfter(w.tenant, w.topic, w.message(), Duration.ofMillis(1)),
            (w, id) -> {
              SchedulePromoter promoter =
                  w.open(SchedulePromoter.builder(w.redis).topic(w.tenant, TOPIC).build());
              promoter.start();
              World.await(
                  () -> StreamScheduler.of(w.admin).find(w.tenant, TOPIC, id).isEmpty(),
                  promoter::health);
            }));
  }

  private static StreamScheduler scheduler(World w) {
    return StreamScheduler.of(w.redis);
  }

  static List<Operation<?>> administering() {
    return List.of(
        Operation.of("StreamAdmin.info(Tenant,String)", w -> admin(w).info(w.tenant, TOPIC)),
        Operation.of("StreamAdmin.groups(Tenant,String)", w -> admin(w).groups(w.tenant, TOPIC)),
        Operation.of(
            "StreamAdmin.lag(Tenant,String,String)", w -> admin(w).lag(w.tenant, TOPIC, GROUP)),
        Operation.of(
            "StreamAdmin.createGroup(Tenant,String,String,StreamPosition)",
            w -> admin(w).createGroup(w.tenant, TOPIC, "new", StreamPosition.now())),
        Operation.of(
            "StreamAdmin.setPosition(Tenant,String,String,StreamPosition)",
            w -> {
              admin(w).setPosition(w.tenant, TOPIC, GROUP, StreamPosition.now());
              return "";
            }),
        Operation.of(
            "StreamAdmin.deleteGroup(Tenant,String,String,Deletion)",
            w -> StreamAdmin.of(w.admin).createGroup(w.tenant, TOPIC, "old", StreamPosition.now()),
            (w, made) -> admin(w).deleteGroup(w.tenant, TOPIC, "old", Deletion.IF_NOTHING_LOST)),
        Operation.of(
            "StreamAdmin.consumers(Tenant,String,String)",
            w -> admin(w).consumers(w.tenant, TOPIC, GROUP)),
        Operation.of(
            "StreamAdmin.deleteConsumer(Tenant,String,String,String)",
            StreamCareOperations::idleConsumer,
            (w, name) -> admin(w).deleteConsumer(w.tenant, TOPIC, GROUP, name)),
        Operation.of(
            "StreamAdmin.forceDeleteConsumer(Tenant,String,String,String)",
            StreamCareOperations::idleConsumer,
            (w, name) -> admin(w).forceDeleteConsumer(w.tenant, TOPIC, GROUP, name)),
        Operation.of(
            "StreamAdmin.pendingSummary(Tenant,String,String)",
            w -> admin(w).pendingSummary(w.tenant, TOPIC, GROUP)),
        Operation.of(
            "StreamAdmin.pending(Tenant,String,String,PendingQuery,int)",
            w -> admin(w).pending(w.tenant, TOPIC, GROUP, PendingQuery.all(), 10)),
        Operation.of(
            "StreamAdmin.release(Tenant,String,String,Collection,Duration)",
            World::pending,
            (w, held) -> admin(w).release(w.tenant, TOPIC, GROUP, List.of(held.id()), NONE)),
        Operation.of(
            "StreamAdmin.claim(Tenant,String,String,String,Collection,Duration)",
            World::pending,
            (w, held) -> admin(w).claim(w.tenant, TOPIC, GROUP, "me", List.of(held.id()), NONE)),
        Operation.of(
            "StreamAdmin.claimAll(Tenant,String,String,String,String,Duration,int)",
            World::pending,
            (w, held) -> admin(w).claimAll(w.tenant, TOPIC, GROUP, w.holder(), "me", NONE, 10)),
        Operation.of(
            "StreamAdmin.previewTrim(Tenant,String,Trimming)",
            w -> admin(w).previewTrim(w.tenant, TOPIC, Trimming.acknowledged())),
        Operation.of(
            "StreamAdmin.previewTrimBefore(Tenant,String,MessageId)",
            w -> admin(w).previewTrimBefore(w.tenant, TOPIC, ANY)),
        Operation.of(
            "StreamAdmin.trim(Tenant,String,Trimming)",
            World::sent,
            (w, id) -> {
              admin(w).trim(w.tenant, TOPIC, Trimming.acknowledged());
              admin(w).trim(w.tenant, TOPIC, Trimming.byAge(Duration.ofDays(1)));
              admin(w).trim(w.tenant, TOPIC, Trimming.byLength(1));
            }),
        Operation.of(
            "StreamAdmin.trimBefore(Tenant,String,MessageId)",
            World::sent,
            (w, id) -> admin(w).trimBefore(w.tenant, TOPIC, id)),
        Operation.of(
            "StreamAdmin.delete(Tenant,String,MessageId)",
            World::sent,
            (w, id) -> admin(w).delete(w.tenant, TOPIC, id)),
        Operation.of(
            "StreamAdmin.explain(Tenant,String,MessageId)",
            World::sent,
            (w, id) -> admin(w).explain(w.tenant, TOPIC, id)));
  }

  private static StreamAdmin admin(World w) {
    return StreamAdmin.of(w.redis);
  }

  private static String idleConsumer(World w) {
    HeldDelivery<String> held = w.pending();
    StreamAdmin.of(w.admin)
        .claim(w.tenant, TOPIC, GROUP, "idle", List.of(held.id()), Duration.ZERO);
    StreamAdmin.of(w.admin)
        .claim(w.tenant, TOPIC, GROUP, w.holder(), List.of(held.id()), Duration.ZERO);
    return "idle";
  }
}
