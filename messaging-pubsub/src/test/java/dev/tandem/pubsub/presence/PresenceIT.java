package dev.tandem.pubsub.presence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.codahale.metrics.Counter;
import dev.tandem.api.Message;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Buses;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@RedisTest(dedicated = true)
class PresenceIT {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final Duration HEARTBEAT = Duration.ofMillis(200);

  private final Buses buses = new Buses();
  private final List<Presence> open = new ArrayList<>();

  @AfterEach
  void close() {
    open.forEach(Presence::close);
    buses.close();
  }

  /** Writes down what it is told. */
  private static final class Diary implements PresenceListener {
    private final List<String> entries = new CopyOnWriteArrayList<>();

    @Override
    public void onJoined(Member member) {
      entries.add("joined " + member.instanceId());
    }

    @Override
    public void onLeft(Member member) {
      entries.add("left " + member.instanceId());
    }

    @Override
    public void onLost(Member member) {
      entries.add("lost " + member.instanceId());
    }
  }

  private Presence presence(
      String url, String tenant, String id, UnaryOperator<PresenceBuilder> options)
      throws Exception {
    LiveBus bus = buses.bus(url, builder -> builder.instanceId(id));
    Presence presence =
        options
            .apply(Presence.builder(bus, Tenant.of(tenant), "servers").heartbeat(HEARTBEAT))
            .build();
    open.add(presence);
    presence.ready().get(20, TimeUnit.SECONDS);
    return presence;
  }

  private static List<String> ids(Presence presence) {
    return presence.members().stream().map(Member::instanceId).toList();
  }

  @Test
  void aLateStarterKnowsAllAndEachLearnsOfIt(RedisServer server, @UniqueTenant String tenant)
      throws Exception {
    Diary diary = new Diary();
    LiveBus bus = buses.bus(server.url(), builder -> builder.instanceId("one"));
    // So long between heartbeats that only an answer can have told it.
    Presence one =
        Presence.builder(bus, Tenant.of(tenant), "servers")
            .heartbeat(Duration.ofHours(1))
            .metadata(Map.of("zone", "a"))
            .build();
    open.add(one);
    one.addListener(diary);
    await().atMost(PATIENCE).until(one::isListening);
    Presence two = presence(server.url(), tenant, "two", builder -> builder);
    await().atMost(PATIENCE).until(() -> ids(two).equals(List.of("two", "one")));
    await().atMost(PATIENCE).until(() -> diary.entries.equals(List.of("joined two")));
    assertThat(two.members()).contains(one.self());
    assertThat(two.members().get(1).metadata()).isEqualTo(Map.of("zone", "a"));
    assertThat(one.members().get(0)).isEqualTo(one.self());
    await().atMost(PATIENCE).until(two::isListening);

    two.close();
    two.close();
    await().atMost(PATIENCE).until(() -> diary.entries.equals(List.of("joined two", "left two")));
    assertThat(ids(one)).containsExactly("one");
    assertThat(two.members()).isEmpty();
    await().atMost(PATIENCE).until(() -> one.stats().equals(new PresenceStats(1, 1, 1, 0, 0)));
  }

  /** The metric is touched when the presence listens already and is not made yet. */
  @Test
  void whoIsHeardBeforeItIsMadeDoesItNoHarm(RedisServer server, @UniqueTenant String tenant)
      throws Exception {
    LiveBus bus = buses.bus(server.url(), builder -> builder.instanceId("one"));
    LiveBus early = buses.bus(server.url());
    Channel<Beat> servers = Channel.of("servers", Serde.json(Beat.class)).fleeting();
    bus.metrics()
        .register(
            "tandem.pubsub.presence.members",
            new Counter() {
              private final AtomicBoolean touched = new AtomicBoolean();

              @Override
              public void inc(long amount) {
                super.inc(amount);
                if (!touched.compareAndSet(false, true)) {
                  return;
                }
                await()
                    .atMost(LONG)
                    .until(
                        () -> {
                          early.publish(
                              Tenant.of(tenant),
                              servers,
                              Message.of(Beat.STARTED, new Beat("early", 60_000)));
                          return bus.stats().delivered() > 0;
                        });
              }
            });
    Presence one =
        Presence.builder(bus, Tenant.of(tenant), "servers").heartbeat(Duration.ofHours(1)).build();
    open.add(one);
    await().atMost(LONG).until(one::isListening);
    Presence two = presence(server.url(), tenant, "two", builder -> builder);
    await().atMost(LONG).until(() -> ids(two).contains("one"));
  }

  @Test
  void whoFallsSilentIsLostAndReturnsWhenHeardAgain(
      RedisServer server, FaultProxy proxy, @UniqueTenant String tenant) throws Exception {
    Diary diary = new Diary();
    Presence watcher =
        presence(server.url(), tenant, "watcher", builder -> builder.listener(diary));
    presence(proxy.url(), tenant, "frail", builder -> builder);
    await().atMost(PATIENCE).until(() -> ids(watcher).contains("frail"));
    proxy.blackHole();
    await().atMost(PATIENCE).until(() -> diary.entries.contains("lost frail"));
    assertThat(ids(watcher)).containsExactly("watcher");
    proxy.heal();
    await()
        .atMost(PATIENCE)
        .until(() -> diary.entries.equals(List.of("joined frail", "lost frail", "joined frail")));
  }

  @Test
  void whoIsCutOffLosesNobody(RedisServer server, FaultProxy proxy, @UniqueTenant String tenant)
      throws Exception {
    Diary diary = new Diary();
    presence(server.url(), tenant, "sound", builder -> builder);
    Presence cutOff =
        presence(proxy.url(), tenant, "cut-off", builder -> builder.missed(8).listener(diary));
    await().atMost(PATIENCE).until(() -> ids(cutOff).contains("sound"));
    proxy.refuse();
    await().atMost(PATIENCE).until(() -> !cutOff.isListening());
    await().pollDelay(HEARTBEAT.multipliedBy(12)).until(() -> true);
    assertThat(ids(cutOff)).contains("sound");
    proxy.heal();
    await().atMost(PATIENCE).until(cutOff::isListening);
    await().pollDelay(HEARTBEAT.multipliedBy(12)).until(() -> true);
    assertThat(diary.entries).containsExactly("joined sound");
  }

  @Test
  void aKilledInstanceStartedAgainIsAnotherMember(RedisServer server, @UniqueTenant String tenant)
      throws Exception {
    Diary diary = new Diary();
    Presence watcher =
        presence(server.url(), tenant, "watcher", builder -> builder.missed(100).listener(diary));
    Presence first = presence(server.url(), tenant, "web", builder -> builder);
    await().atMost(PATIENCE).until(() -> ids(watcher).contains("web"));
    open.remove(first); // as if it were killed: it says nothing any more, or too late
    Presence second = presence(server.url(), tenant, "web", builder -> builder);
    await()
        .atMost(PATIENCE)
        .until(() -> diary.entries.equals(List.of("joined web", "lost web", "joined web")));
    assertThat(watcher.members()).contains(second.self()).doesNotContain(first.self());
    first.close();
  }

  /** One message brings two changes, and the first is still being told of. */
  @Test
  void whoIsClosedTellsNothingMoreAndCountsNobody(RedisServer server, @UniqueTenant String tenant)
      throws Exception {
    Diary diary = new Diary();
    CountDownLatch telling = new CountDownLatch(1);
    CountDownLatch free = new CountDownLatch(1);
    PresenceListener held =
        new PresenceListener() {
          @Override
          public void onLost(Member member) {
            telling.countDown();
            try {
              assertThat(free.await(20, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }
        };
    LiveBus bus = buses.bus(server.url(), builder -> builder.instanceId("watcher"));
    Presence watcher =
        Presence.builder(bus, Tenant.of(tenant), "servers")
            .heartbeat(HEARTBEAT)
            .missed(100)
            .listener(held)
            .listener(diary)
            .build();
    open.add(watcher);
    watcher.ready().get(20, TimeUnit.SECONDS);
    Presence first = presence(server.url(), tenant, "web", builder -> builder);
    await().atMost(PATIENCE).until(() -> ids(watcher).contains("web"));
    open.remove(first); // as if it were killed
    presence(server.url(), tenant, "web", builder -> builder);
    assertThat(telling.await(20, TimeUnit.SECONDS)).isTrue();
    watcher.close();
    free.countDown();

    Counter members = bus.metrics().counter("tandem.pubsub.presence.members");
    await()
        .during(HEARTBEAT.multipliedBy(2))
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(diary.entries).containsExactly("joined web");
              assertThat(members.getCount()).isZero();
            });
    first.close();
  }

  @Test
  void garbageIsIgnoredAndBadListenersDoNoHarm(RedisServer server, @UniqueTenant String tenant)
      throws Exception {
    Diary diary = new Diary();
    PresenceListener bad =
        new PresenceListener() {
          @Override
          public void onJoined(Member member) {
            throw new IllegalStateException("listener");
          }
        };
    Presence presence =
        presence(server.url(), tenant, "one", builder -> builder.listener(bad).listener(diary));
    LiveBus foreign = buses.bus(server.url());
    Channel<String> channel = Channel.of("servers", Serde.json(String.class)).fleeting();
    foreign.publish(Tenant.of(tenant), channel, Message.of("heartbeat", "what?"));
    presence(server.url(), tenant, "two", builder -> builder);
    await().atMost(PATIENCE).until(() -> diary.entries.equals(List.of("joined two")));
    assertThat(presence.stats().ignored()).isEqualTo(1);
    presence.removeListener(diary);
  }

  @Test
  void refusesTooMuchMetadata(RedisServer server, @UniqueTenant String tenant) {
    PresenceBuilder builder =
        Presence.builder(buses.bus(server.url()), Tenant.of(tenant), "servers");
    assertThatThrownBy(() -> builder.metadata(Map.of("a", "x".repeat(4_096))))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("size of metadata");
  }
}
