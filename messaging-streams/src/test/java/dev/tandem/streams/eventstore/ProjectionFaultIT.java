package dev.tandem.streams.eventstore;

import static dev.tandem.streams.eventstore.EventFixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.redis.RedisConnection;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a projection does when replies, connections, memory, processes or the server are lost. */
@RedisTest(dedicated = true, appendOnly = true)
class ProjectionFaultIT {
  private static final String NAME = "totals";
  private static final Duration LEASE = Duration.ofMillis(900);

  private final RedisServer server;
  private final EventFixture fixture;
  private final Projections projections;

  ProjectionFaultIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.fixture = new EventFixture(server.url(), tenant);
    this.projections = Projections.of(fixture.redis);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private Projection start(RedisConnection redis, Duration lease, ViewHandler<String> handler) {
    Projection projection =
        Projection.builder(redis, fixture.category)
            .tenant(fixture.tenant)
            .name(NAME)
            .lease(lease)
            .viewHandler(handler)
            .build();
    fixture.closeLater(projection::closeNow);
    projection.start();
    return projection;
  }

  private static ViewUpdate count(RecordedEvent<String> event, ProjectionContext context) {
    return ViewUpdate.none().add("all", 1).add(event.payload(), 1);
  }

  private ProjectionStatus status() {
    return projections.status(fixture.tenant, fixture.category.name(), NAME);
  }

  private String counted() {
    return projections.view(fixture.tenant, fixture.category.name(), NAME).get("all").orElse("0");
  }

  private void append(int from, int to) {
    fixture.append("a", IntStream.range(from, to).mapToObj(i -> "e" + i).toArray(String[]::new));
  }

  @Test
  void aLostReplyToACommitCountsOnce(FaultProxy proxy) {
    AtomicInteger calls = new AtomicInteger();
    Projection projection =
        start(
            fixture.connection(proxy.url()),
            Duration.ofMinutes(1),
            (event, context) -> {
              calls.incrementAndGet();
              if (event.version() % 4 == 0) {
                proxy.executeButDropReply(command -> command.contains("add all"));
              }
              return count(event, context);
            });
    append(0, 20);
    await().atMost(SOON).until(() -> status().lag() == 0);
    assertThat(counted()).isEqualTo("20");
    await().atMost(SOON).until(() -> proxy.droppedReplies() == 5);
    assertThat(calls).hasValue(20);
    await().atMost(SOON).until(() -> projection.stats().handled() == 20);
    assertThat(projection.stats().failed()).isZero();
  }

  @ParameterizedTest
  @ValueSource(longs = {5, 6})
  void everyEventCountsOnceWhateverHappensToConnections(long seed, FaultProxy proxy)
      throws Exception {
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    List<Projection> all = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      all.add(start(fixture.connection(proxy.url()), LEASE, ProjectionFaultIT::count));
    }
    for (int i = 0; i < 30; i++) {
      append(10 * i, 10 * i + 10);
      switch (random.nextInt(5)) {
        case 0 -> proxy.reset();
        case 1 -> proxy.executeButDropReply(command -> command.startsWith("EVAL"));
        case 2 -> proxy.executeButDropReply(command -> command.startsWith("XREAD"));
        case 3 -> {
          int which = random.nextInt(all.size());
          all.remove(which).closeNow();
          all.add(start(fixture.connection(proxy.url()), LEASE, ProjectionFaultIT::count));
        }
        default -> {
          long handled = status().handled();
          await().atMost(SOON).until(() -> status().lag() == 0 || status().handled() > handled);
        }
      }
    }
    proxy.heal();
    await().atMost(SOON.multipliedBy(2)).until(() -> status().lag() == 0);
    assertThat(counted()).as("seed %d", seed).isEqualTo("300");
    assertThat(status().handled()).isEqualTo(300);
  }

  @Test
  void aLeaseFromBeforeTheClockWasSetBackHoldsNobodyUp(FaultProxy proxy) {
    append(0, 5);
    start(fixture.connection(proxy.url()), LEASE, ProjectionFaultIT::count);
    await().atMost(SOON).until(() -> status().lag() == 0);
    await().atMost(SOON).until(() -> status().isHeld());
    proxy.refuse();
    String state = fixture.keys().projection(NAME).state().text();
    String hour = Long.toString(Duration.ofHours(1).toMillis());
    fixture.run("HINCRBY", state, "until", hour);
    assertThat(status().isHeld()).isFalse();
    start(fixture.redis, LEASE, ProjectionFaultIT::count);
    append(5, 10);
    await().atMost(SOON).until(() -> status().lag() == 0);
    assertThat(counted()).isEqualTo("10");
  }

  @Test
  void aServerThatIsKilledAndComesBackIsWaitedFor() throws Exception {
    append(0, 50);
    Semaphore mayGoOn = new Semaphore(20);
    Projection projection =
        start(
            fixture.redis,
            LEASE,
            (event, context) -> {
              mayGoOn.acquire();
              return count(event, context);
            });
    await().atMost(SOON).until(() -> status().handled() == 20);
    server.kill();
    mayGoOn.release(1_000);
    await().atMost(SOON).until(() -> projection.state() == LifecycleState.RECOVERING);
    server.restart();
    await()
        .atMost(SOON)
        .ignoreExceptions()
        .until(() -> status().lag() == 0 && status().handled() == 50);
    assertThat(counted()).isEqualTo("50");
    await().atMost(SOON).until(() -> projection.state() == LifecycleState.RUNNING);
    assertThat(projection.failure()).isEmpty();
  }

  @Test
  void aServerOutOfMemoryIsTroubleAndNoFailure() {
    append(0, 10);
    Semaphore mayGoOn = new Semaphore(5);
    Projection projection =
        start(
            fixture.redis,
            LEASE,
            (event, context) -> {
              mayGoOn.acquire();
              return count(event, context);
            });
    await().atMost(SOON).until(() -> status().handled() == 5);
    fixture.run("CONFIG", "SET", "maxmemory", "1");
    try {
      mayGoOn.release(100);
      await().atMost(SOON).until(() -> projection.state() == LifecycleState.RECOVERING);
      assertThat(status().handled()).isEqualTo(5);
      assertThat(counted()).isEqualTo("5");
      projections.rebuild(fixture.tenant, fixture.category.name(), NAME);
      assertThat(counted()).isEqualTo("0");
    } finally {
      fixture.run("CONFIG", "SET", "maxmemory", "0");
    }
    await().atMost(SOON).until(() -> status().lag() == 0);
    assertThat(counted()).isEqualTo("10");
    assertThat(projection.failure()).isEmpty();
  }

  @Test
  void anotherProcessTakesOverFromOneThatWasKilled() throws Exception {
    Duration lease = Duration.ofSeconds(10);
    fixture.append("a", "1", "2", "hang", "4");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                CrashingProjection.class.getName(),
                server.url(),
                fixture.tenant.name(),
                Long.toString(lease.toMillis()))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    Projection survivor;
    try {
      try (BufferedReader out = process.inputReader()) {
        assertThat(out.readLine()).isEqualTo("hangs");
      }
      survivor = start(fixture.redis, lease, ProjectionFaultIT::count);
      assertThat(survivor.awaitState(LifecycleState.RUNNING, SOON)).isTrue();
      assertThat(survivor.isActive()).isFalse();
    } finally {
      process.destroyForcibly();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }
    await().atMost(SOON).until(() -> status().lag() == 0);
    assertThat(counted()).isEqualTo("4");
    assertThat(projections.view(fixture.tenant, fixture.category.name(), NAME).get("killed"))
        .contains("2");
    await().atMost(SOON).until(survivor::isActive);
  }

  @Test
  void afterAFlushItBeginsAnew() {
    append(0, 5);
    Projection projection = start(fixture.redis, LEASE, ProjectionFaultIT::count);
    await().atMost(SOON).until(() -> status().handled() == 5);
    fixture.run("FLUSHALL");
    append(0, 3);
    await().atMost(SOON).until(() -> status().handled() == 3);
    assertThat(counted()).isEqualTo("3");
    assertThat(projection.stats().lost()).isEqualTo(1);
  }
}
