package dev.tandem.docs.tenants;

import dev.tandem.api.serde.Serde;
import dev.tandem.streams.eventstore.CategoryPosition;
import dev.tandem.streams.eventstore.EventStore;
import dev.tandem.streams.eventstore.ExpectedVersion;
import dev.tandem.streams.eventstore.Projection;
import dev.tandem.streams.eventstore.ProjectionBuilder;
import dev.tandem.streams.eventstore.ProjectionView;
import dev.tandem.streams.eventstore.Projections;
import dev.tandem.streams.eventstore.ViewUpdate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Event store and projections. */
final class EventStoreOperations {
  private static final String ID = "a1";
  private static final String NAME = "totals";
  private static final Serde<String> STATE = Serde.string();

  private EventStoreOperations() {}

  static List<Operation<?>> storing() {
    return List.of(
        Operation.of(
            "EventStore.append(Tenant,EventCategory,String,ExpectedVersion,List)",
            w ->
                store(w)
                    .append(w.tenant, w.category, ID, ExpectedVersion.any(), List.of(w.message()))),
        Operation.of(
            "EventStore.append(Tenant,EventCategory,String,ExpectedVersion,String,List)",
            w ->
                store(w)
                    .append(
                        w.tenant,
                        w.category,
                        ID,
                        ExpectedVersion.any(),
                        "command-1",
                        List.of(w.message()))),
        Operation.of(
            "EventStore.version(Tenant,EventCategory,String)",
            w -> store(w).version(w.tenant, w.category, ID)),
        Operation.of(
            "EventStore.exists(Tenant,EventCategory,String)",
            w -> store(w).exists(w.tenant, w.category, ID)),
        Operation.of(
            "EventStore.read(Tenant,EventCategory,String)",
            w -> all(store(w).read(w.tenant, w.category, ID))),
        Operation.of(
            "EventStore.read(Tenant,EventCategory,String,long)",
            w -> all(store(w).read(w.tenant, w.category, ID, 1))),
        Operation.of(
            "EventStore.last(Tenant,EventCategory,String,int)",
            w -> store(w).last(w.tenant, w.category, ID, 10)),
        Operation.of(
            "EventStore.readCategory(Tenant,EventCategory,CategoryPosition)",
            w -> all(store(w).readCategory(w.tenant, w.category, CategoryPosition.BEGINNING))),
        Operation.of(
            "EventStore.readCategory(Tenant,EventCategory,Instant)",
            w -> all(store(w).readCategory(w.tenant, w.category, Instant.EPOCH))),
        Operation.of(
            "EventStore.saveSnapshot(Tenant,EventCategory,String,long,Object,Serde)",
            w -> store(w).saveSnapshot(w.tenant, w.category, ID, 1, "state", STATE)),
        Operation.of(
            "EventStore.loadSnapshot(Tenant,EventCategory,String,Serde)",
            w -> store(w).loadSnapshot(w.tenant, w.category, ID, STATE)),
        Operation.of(
            "EventStore.load(Tenant,EventCategory,String,Serde)",
            w -> all(store(w).load(w.tenant, w.category, ID, STATE).events())),
        Operation.of(
            "EventStore.delete(Tenant,EventCategory,String,ExpectedVersion)",
            w ->
                EventStore.of(w.admin)
                    .append(
                        w.tenant, w.category, "a2", ExpectedVersion.any(), List.of(w.message())),
            (w, appended) -> store(w).delete(w.tenant, w.category, "a2", ExpectedVersion.any())));
  }

  private static EventStore store(World w) {
    return EventStore.of(w.redis);
  }

  private static <T> List<T> all(Iterable<T> events) {
    List<T> all = new ArrayList<>();
    events.forEach(all::add);
    return all;
  }

  static List<Operation<?>> projecting() {
    return List.of(
        Operation.of(
            "Projection.start()",
            w -> {
              ProjectionBuilder<String> builder = Projection.builder(w.redis, w.category);
              builder.viewHandler(
                  (event, context) -> {
                    context.view().get("count");
                    return ViewUpdate.none().add("count", 1).set("last", event.aggregateId());
                  });
              return run(w, builder.name(NAME));
            }),
        Operation.of(
            "Projection.resume()",
            w -> {
              ProjectionBuilder<String> builder = Projection.builder(w.redis, w.category);
              Projection projection =
                  run(
                      w,
                      builder.name("resumed").handler((event, context) -> context.view().size()));
              return projection.resume();
            }),
        Operation.of(
            "Projections.status(Tenant,String,String)",
            w -> Projections.of(w.redis).status(w.tenant, w.category.name(), NAME)),
        Operation.of(
            "Projections.skipped(Tenant,String,String,int)",
            w -> Projections.of(w.redis).skipped(w.tenant, w.category.name(), NAME, 10)),
        Operation.of("Projections.view(Tenant,String,String)", w -> view(w).get("count")),
        Operation.of("ProjectionView.get(String)", w -> view(w).get("count")),
        Operation.of("ProjectionView.get(Collection)", w -> view(w).get(List.of("count", "last"))),
        Operation.of("ProjectionView.size()", w -> view(w).size()),
        Operation.of(
            "Projections.rebuild(Tenant,String,String)",
            w -> {
              Projections.of(w.redis).rebuild(w.tenant, w.category.name(), NAME);
              return "";
            }));
  }

  private static Projection run(World w, ProjectionBuilder<String> builder) throws Exception {
    Projection projection = w.open(builder.tenant(w.tenant).build());
    projection.start();
    World.await(() -> projection.stats().handled() > 0, projection::health);
    return projection;
  }

  private static ProjectionView view(World w) {
    return Projections.of(w.redis).view(w.tenant, w.category.name(), NAME);
  }
}
