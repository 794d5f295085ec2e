package dev.tandem.streams.eventstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.RetryPolicy;
import dev.tandem.api.serde.Serde;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.ModuleScripts;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each script of the event store is executed once and its reply lost: nothing is different. */
@RedisTest
public class LostEventRepliesIT {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String NAME = "sums";

  private static final Map<String, Scenario> SCENARIOS =
      Map.ofEntries(
          Map.entry("eventstore/append.lua", LostEventRepliesIT::append),
          Map.entry("eventstore/read.lua", LostEventRepliesIT::read),
          Map.entry("eventstore/delete.lua", LostEventRepliesIT::delete),
          Map.entry("eventstore/snapshot.lua", LostEventRepliesIT::snapshot),
          Map.entry("eventstore/acquire.lua", LostEventRepliesIT::project),
          Map.entry("eventstore/renew.lua", LostEventRepliesIT::project),
          Map.entry("eventstore/commit.lua", LostEventRepliesIT::project),
          Map.entry("eventstore/release.lua", LostEventRepliesIT::project),
          Map.entry("eventstore/skip.lua", LostEventRepliesIT::skip),
          Map.entry("eventstore/stall.lua", LostEventRepliesIT::stall),
          Map.entry("eventstore/reset.lua", LostEventRepliesIT::rebuild));

  private final EventFixture fixture;
  private final FaultProxy proxy;
  private final RedisConnection through;
  private final EventStore store;
  private final Projections projections;
  private String script = "";

  LostEventRepliesIT(RedisServer server, FaultProxy proxy, @UniqueTenant String tenant) {
    this.fixture = new EventFixture(server.url(), tenant);
    this.proxy = proxy;
    this.through = fixture.connection(proxy.url());
    this.store = EventStore.of(through);
    this.projections = Projections.of(fixture.redis);
  }

  /** Something that calls a script through the proxy, and looks at what came of it. */
  private interface Scenario {
    void run(LostEventRepliesIT test) throws Exception;
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  /** The resources of the scripts whose replies are lost here. */
  public static Stream<String> scripts() {
    return SCENARIOS.keySet().stream().sorted();
  }

  @ParameterizedTest
  @MethodSource("scripts")
  void aLostReplyDoesNoHarm(String resource) throws Exception {
    script = resource;
    Objects.requireNonNull(SCENARIOS.get(resource)).run(this);
    assertThat(proxy.droppedReplies()).as("replies of " + resource + " lost").isEqualTo(1);
  }

  private void lose() {
    ModuleScripts.loseReplyOf(script, proxy);
  }

  private void append() {
    lose();
    AppendResult result =
        store.append(
            fixture.tenant,
            fixture.category,
            "a",
            ExpectedVersion.none(),
            EventFixture.events("x", "y"));
    assertThat(result.version()).isEqualTo(2);
    assertThat(fixture.payloads("a")).containsExactly("x", "y");
    assertThat(fixture.readCategory()).hasSize(2);
  }

  private void read() {
    fixture.append("a", "x", "y");
    lose();
    assertThat(EventFixture.list(store.read(fixture.tenant, fixture.category, "a")))
        .extracting(RecordedEvent::payload)
        .containsExactly("x", "y");
  }

  private void delete() {
    fixture.append("a", "x");
    lose();
    assertThat(store.delete(fixture.tenant, fixture.category, "a", ExpectedVersion.exactly(1)))
        .isTrue();
    assertThat(store.delete(fixture.tenant, fixture.category, "a", ExpectedVersion.exactly(1)))
        .as("by another call")
        .isFalse();
    assertThat(fixture.store.exists(fixture.tenant, fixture.category, "a")).isFalse();
    assertThat(fixture.read("a")).isEmpty();
  }

  private void snapshot() {
    fixture.append("a", "x", "y");
    lose();
    assertThat(store.saveSnapshot(fixture.tenant, fixture.category, "a", 2, "xy", Serde.string()))
        .isTrue();
    assertThat(store.loadSnapshot(fixture.tenant, fixture.category, "a", Serde.string()))
        .hasValueSatisfying(snapshot -> assertThat(snapshot.version()).isEqualTo(2));
  }

  private Projection start(FailureAction onFailure) {
    Projection projection =
        Projection.builder(through, fixture.category)
            .tenant(fixture.tenant)
            .name(NAME)
            .lease(Duration.ofMillis(600))
            .retry(RetryPolicy.none())
            .onFailure(onFailure)
            .viewHandler(
                (event, context) -> {
                  if (event.payload().equals("bad")) {
                    throw new IllegalStateException("is to fail");
                  }
                  return ViewUpdate.none().add("all", 1);
                })
            .build();
    fixture.closeLater(projection::closeNow);
    projection.start();
    return projection;
  }

  private ProjectionStatus status() {
    return projections.status(fixture.tenant, fixture.category.name(), NAME);
  }

  private String sum() {
    return projections.view(fixture.tenant, fixture.category.name(), NAME).get("all").orElse("0");
  }

  private void project() {
    lose();
    fixture.append("a", "1", "2", "3");
    Projection projection = start(FailureAction.STOP);
    await().atMost(SOON).until(() -> status().lag() == 0);
    if (!script.endsWith("release.lua")) {
      await().atMost(SOON).until(() -> proxy.droppedReplies() == 1);
    }
    fixture.append("a", "4");
    await().atMost(SOON).until(() -> status().lag() == 0);
    projection.close();
    assertThat(sum()).isEqualTo("4");
    assertThat(status().handled()).isEqualTo(4);
    assertThat(status().isHeld()).isFalse();
  }

  private void skip() {
    lose();
    fixture.append("a", "1", "bad", "3");
    Projection projection = start(FailureAction.SKIP);
    await().atMost(SOON).until(() -> status().lag() == 0);
    assertThat(sum()).isEqualTo("2");
    assertThat(projections.skipped(fixture.tenant, fixture.category.name(), NAME, 10)).hasSize(1);
    projection.close();
  }

  private void stall() {
    lose();
    fixture.append("a", "1", "bad", "3");
    Projection projection = start(FailureAction.STOP);
    await().atMost(SOON).until(() -> projection.failure().isPresent());
    await().atMost(SOON).until(() -> status().failure().isPresent());
    assertThat(status().failure())
        .hasValueSatisfying(failure -> assertThat(failure.version()).isEqualTo(2));
    assertThat(sum()).isEqualTo("1");
    projection.close();
  }

  private void rebuild() {
    fixture.append("a", "1", "2");
    Projection projection = start(FailureAction.STOP);
    await().atMost(SOON).until(() -> status().lag() == 0);
    projection.close();
    lose();
    Projections.of(through).rebuild(fixture.tenant, fixture.category.name(), NAME);
    assertThat(status().handled()).isZero();
    start(FailureAction.STOP);
    await().atMost(SOON).until(() -> status().lag() == 0);
    assertThat(sum()).isEqualTo("2");
  }
}
