package dev.tandem.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.codahale.metrics.Counter;
import com.codahale.metrics.Histogram;
import com.codahale.metrics.Meter;
import com.codahale.metrics.Metric;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Timer;
import dev.tandem.api.serde.Serde;
import dev.tandem.hybrid.HybridPublisher;
import dev.tandem.hybrid.HybridSubscriber;
import dev.tandem.hybrid.OutagePolicy;
import dev.tandem.hybrid.Route;
import dev.tandem.hybrid.Spool;
import dev.tandem.outbox.OutboxRelay;
import dev.tandem.outbox.OutboxRoute;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.cache.CacheInvalidation;
import dev.tandem.pubsub.events.EventBus;
import dev.tandem.pubsub.presence.Presence;
import dev.tandem.pubsub.request.RequestAll;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.DeadLetters;
import dev.tandem.streams.SchedulePromoter;
import dev.tandem.streams.StreamAdmin;
import dev.tandem.streams.StreamConsumer;
import dev.tandem.streams.StreamProducer;
import dev.tandem.streams.StreamScheduler;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.StreamWorker;
import dev.tandem.streams.eventstore.EventCategory;
import dev.tandem.streams.eventstore.EventStore;
import dev.tandem.streams.eventstore.Projection;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The guide's table of metrics lists what there is, no more and no less. */
@RedisTest
class MetricsTableIT {
  private static final Pattern ROW = Pattern.compile("(?m)^\\| `(tandem\\.[^`]+)` \\| (\\w+) \\|");

  @Test
  void theGuideListsAllMetricsWithTheirKinds(
      RedisServer server, @UniqueTenant String tenant, @TempDir Path spool) throws IOException {
    MetricRegistry registry = new MetricRegistry();
    StreamTopic<String> topic = StreamTopic.of("topic", Serde.string());
    try (RedisConnection redis =
            RedisConnection.builder()
                .url(server.url())
                .clientName("client")
                .metrics(registry)
                .enforceQuotas()
                .audit(record -> {})
                .build();
        StreamProducer producer = StreamProducer.builder(redis).build();
        SchedulePromoter promoter =
            SchedulePromoter.builder(redis).topic(Tenant.of(tenant), "topic").build();
        StreamWorker worker =
            StreamWorker.builder(redis, topic)
                .tenant(Tenant.of(tenant))
                .group("group")
                .transactional((message, transaction) -> {})
                .build();
        StreamConsumer consumer = StreamConsumer.builder(redis).group("group").build();
        Projection projection =
            Projection.builder(redis, EventCategory.of("category", Serde.string()))
                .tenant(Tenant.of(tenant))
                .name("projection")
                .handler((event, context) -> {})
                .build();
        LiveBus bus = LiveBus.builder(redis).build();
        EventBus events = EventBus.builder(bus, Tenant.of(tenant), "events").build();
        CacheInvalidation<String> cache =
            CacheInvalidation.builder(
                    bus, Tenant.of(tenant), "cache", new ConcurrentHashMap<String, String>())
                .build();
        Presence presence = Presence.builder(bus, Tenant.of(tenant), "presence").build();
        RequestAll<String, String> requests =
            RequestAll.builder(bus, Tenant.of(tenant), "request", Serde.string(), Serde.string())
                .build();
        HybridPublisher hybrid =
            HybridPublisher.builder(redis).outage(OutagePolicy.spool(Spool.at(spool))).build();
        HybridSubscriber hybridSubscriber = HybridSubscriber.builder(redis, bus).build();
        OutboxRelay relay =
            OutboxRelay.builder(redis, new JdbcDataSource())
                .route(OutboxRoute.of("route", Route.toStream(topic)))
                .build()) {
      assertThat(producer.stats()).isNotNull();
      assertThat(worker.stats()).isNotNull();
      assertThat(consumer.poll(Tenant.of(tenant), topic, 1)).isEmpty();
      StreamAdmin.of(redis).trim(Tenant.of(tenant), topic.name(), topic.trimming());
      assertThat(EventStore.of(redis)).isNotNull();
      assertThat(projection.stats()).isNotNull();
      assertThat(bus.stats()).isNotNull();
      assertThat(events.stats()).isNotNull();
      assertThat(cache.stats()).isNotNull();
      assertThat(presence.stats()).isNotNull();
      assertThat(requests.stats()).isNotNull();
      assertThat(promoter.state()).isNotNull();
      assertThat(DeadLetters.of(redis)).isNotNull();
      assertThat(StreamScheduler.of(redis)).isNotNull();
      assertThat(hybrid.stats()).isNotNull();
      assertThat(hybridSubscriber).isNotNull();
      assertThat(relay.stats()).isNotNull();

      Map<String, String> registered = new TreeMap<>();
      registry.getMetrics().forEach((name, metric) -> registered.put(name, kind(metric)));
      assertThat(listed()).isEqualTo(registered);
    }
  }

  private static String kind(Metric metric) {
    if (metric instanceof Timer) {
      return "timer";
    }
    if (metric instanceof Meter) {
      return "meter";
    }
    if (metric instanceof Histogram) {
      return "histogram";
    }
    return metric instanceof Counter ? "counter" : "gauge";
  }

  private static Map<String, String> listed() throws IOException {
    Map<String, String> listed = new TreeMap<>();
    Matcher row = ROW.matcher(Files.readString(Path.of("../docs/guide.md")));
    while (row.find()) {
      String name =
          row.group(1).replaceAll("<client name>|<(topic|group|category|projection)>", "$1");
      listed.put(name.replace("tandem.redis..", "tandem.redis.client."), row.group(2));
    }
    return listed;
  }
}
