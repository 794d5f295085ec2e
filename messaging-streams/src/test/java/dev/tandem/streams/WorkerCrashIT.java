package dev.tandem.streams;

import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.io.BufferedReader;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A worker in a JVM of its own is killed, or frozen, with its hands full. */
@RedisTest
class WorkerCrashIT {
  private static final Duration LEASE = Duration.ofSeconds(1);

  private final Fixture fixture;
  private final String tenant;
  private final Map<String, Long> seen = new ConcurrentHashMap<>();
  private @Nullable Process process;

  WorkerCrashIT(RedisServer server, @UniqueTenant String tenant) {
    this.tenant = tenant;
    this.fixture = new Fixture(server.url(), tenant);
  }

  @AfterEach
  void close() throws Exception {
    kill();
    fixture.close();
  }

  @Test
  void whatAProcessKilledBeforeAndDuringItsHandlersHeldIsTakenOver(RedisServer server)
      throws Exception {
    List<MessageId> ids = fixture.send(4);
    BufferedReader out = start(server.url(), 2);
    assertThat(out.readLine()).startsWith("holds ");
    assertThat(out.readLine()).startsWith("holds ");
    // Two run, and two were read and have not begun.
    await().atMost(SOON).until(() -> fixture.pending() == 4);
    kill();

    StreamWorker survivor = survivor();
    await().atMost(SOON).until(() -> survivor.stats().acknowledged() == 4);
    assertThat(seen.keySet()).hasSameElementsAs(ids.stream().map(MessageId::value).toList());
    assertThat(seen.values()).containsOnly(2L);
    assertThat(survivor.stats().takenOver()).isEqualTo(4);
    assertThat(fixture.pending()).isZero();
  }

  @Test
  void whatAProcessKilledHeldOfManyTenantsIsTakenOverOfEach(RedisServer server) throws Exception {
    List<Tenant> tenants =
        IntStream.range(0, 50).mapToObj(i -> Tenant.of(tenant + "-" + i)).toList();
    Message<String> message = Message.of("test", "m");
    tenants.forEach(one -> fixture.producer.sendAndWait(one, fixture.topic, message));
    String all = tenants.stream().map(Tenant::name).collect(Collectors.joining(","));
    BufferedReader out = start(server.url(), all, 50);
    for (int i = 0; i < 50; i++) {
      assertThat(out.readLine()).startsWith("holds ");
    }
    kill();

    Queue<Tenant> taken = new ConcurrentLinkedQueue<>();
    Queue<Long> deliveries = new ConcurrentLinkedQueue<>();
    StreamWorker survivor =
        fixture.start(
            (one, delivery) -> {
              taken.add(delivery.tenant());
              deliveries.add(delivery.deliveries());
            },
            options -> options.tenants(tenants).lease(LEASE));
    await().atMost(SOON).until(() -> survivor.stats().acknowledged() == 50);
    assertThat(taken).containsExactlyInAnyOrderElementsOf(tenants);
    assertThat(deliveries).containsOnly(2L);
  }

  @Test
  void whatAProcessKilledAfterItsHandlerHadNotAcknowledgedIsHandledAgainAndMarked(FaultProxy proxy)
      throws Exception {
    MessageId id = fixture.send("m");
    BufferedReader out = start(proxy.url(), 1);
    assertThat(out.readLine()).isEqualTo("holds " + id + " 1");
    proxy.blackHole();
    order();
    assertThat(out.readLine()).isEqualTo("returns " + id + " 1");
    kill();
    proxy.heal();

    StreamWorker survivor = survivor();
    await().atMost(SOON).until(() -> survivor.stats().acknowledged() == 1);
    assertThat(seen).isEqualTo(Map.of(id.value(), 2L));
    assertThat(fixture.dead()).isEmpty();
  }

  @Test
  void aProcessFrozenForLongerThanItsLeaseUndoesNothingWhenItGoesOn(RedisServer server)
      throws Exception {
    MessageId id = fixture.send("m");
    BufferedReader out = start(server.url(), 1);
    assertThat(out.readLine()).isEqualTo("holds " + id + " 1");
    signal("-STOP");
    StreamWorker survivor = survivor();
    await().atMost(SOON).until(() -> survivor.stats().acknowledged() == 1);
    fixture.send("later");
    signal("-CONT");
    order();
    assertThat(out.readLine()).isEqualTo("returns " + id + " 1");

    // Whoever gets the later message: it is the only one left, and nothing comes back.
    await().atMost(SOON).until(() -> fixture.pending() == 0);
    assertThat(seen).containsEntry(id.value(), 2L);
    assertThat(fixture.dead()).isEmpty();
  }

  private StreamWorker survivor() throws InterruptedException {
    return fixture.start(
        (message, delivery) -> seen.merge(delivery.id().value(), delivery.deliveries(), Long::max),
        options -> options.lease(LEASE));
  }

  private BufferedReader start(String url, int concurrency) throws Exception {
    return start(url, tenant, concurrency);
  }

  private BufferedReader start(String url, String tenants, int concurrency) throws Exception {
    Process started =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                CrashingWorker.class.getName(),
                url,
                tenants,
                Long.toString(LEASE.toMillis()),
                Integer.toString(concurrency))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    process = started;
    return started.inputReader();
  }

  private void order() {
    new PrintStream(Objects.requireNonNull(process).getOutputStream(), true)
        .println(CrashingWorker.RETURN);
  }

  private void signal(String signal) throws Exception {
    Process kill =
        new ProcessBuilder("kill", signal, Long.toString(Objects.requireNonNull(process).pid()))
            .start();
    assertThat(kill.waitFor()).isZero();
  }

  private void kill() throws InterruptedException {
    if (process != null) {
      process.destroyForcibly();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }
  }
}
