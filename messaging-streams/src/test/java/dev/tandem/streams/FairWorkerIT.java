package dev.tandem.streams;

import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One worker of several tenants, of which some have much to do and some little. */
@RedisTest
class FairWorkerIT {
  private static final int MUCH = 100_000;

  private final Fixture fixture;
  private final Tenant loud;
  private final Tenant quiet;
  private final CountDownLatch release = new CountDownLatch(1);

  FairWorkerIT(RedisServer server, @UniqueTenant String loud, @UniqueTenant String quiet) {
    this.fixture = new Fixture(server.url(), loud);
    this.loud = fixture.tenant;
    this.quiet = Tenant.of(quiet);
  }

  @AfterEach
  void close() {
    release.countDown();
    fixture.close();
  }

  private void fill(Tenant tenant, int messages) {
    fixture.sendTogether(
        tenant,
        IntStream.range(0, messages).mapToObj(i -> Message.of("t", tenant + " " + i)).toList());
  }

  @Test
  void aTenantWithMuchWaitingDoesNotDelayOneWithTen() throws Exception {
    fill(loud, MUCH);
    fill(quiet, 10);
    Queue<Tenant> order = new ConcurrentLinkedQueue<>();
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              release.await();
              order.add(delivery.tenant());
              if (delivery.tenant().equals(loud)) { // many of them take longer than a look at Redis
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
              }
            },
            options -> options.tenant(quiet).concurrency(2));
    await().atMost(SOON).until(() -> worker.stats().inFlight() == 4);
    release.countDown();

    await().atMost(SOON).until(() -> Collections.frequency(List.copyOf(order), quiet) == 10);
    List<Tenant> until = new ArrayList<>(order);
    long before = until.subList(0, until.lastIndexOf(quiet)).stream().filter(loud::equals).count();
    assertThat(before).isLessThanOrEqualTo(60);
  }

  @Test
  void aMessageOfAQuietTenantOvertakesWhatWasReadAheadOfALoudOne() throws Exception {
    fill(loud, MUCH);
    AtomicInteger handledOfLoud = new AtomicInteger();
    Map<String, Integer> seen = new ConcurrentHashMap<>();
    fixture.start(
        (message, delivery) -> {
          if (delivery.tenant().equals(quiet)) {
            seen.put(message.payload(), handledOfLoud.get());
          } else {
            handledOfLoud.incrementAndGet();
          }
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
        },
        options -> options.tenant(quiet).concurrency(8));
    await().atMost(SOON).until(() -> handledOfLoud.get() > 1_000);
    List<Integer> overtaken = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      String payload = "m" + i;
      fixture.producer.sendAndWait(quiet, fixture.topic, Message.of("t", payload));
      int before = handledOfLoud.get();
      await()
          .pollInterval(Duration.ofMillis(1))
          .atMost(SOON)
          .until(() -> seen.containsKey(payload));
      overtaken.add(Math.max(0, seen.getOrDefault(payload, before) - before));
    }
    assertThat(handledOfLoud).hasValueLessThan(MUCH);
    // Read ahead are as many as were handled in the last 100 milliseconds or more.
    Collections.sort(overtaken);
    assertThat(overtaken.get(overtaken.size() / 2)).isLessThan(100);
  }

  @Test
  void noMoreHandlersOfATenantRunThanMay() throws Exception {
    fill(loud, 50);
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    AtomicInteger others = new AtomicInteger();
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              if (delivery.tenant().equals(quiet)) {
                others.incrementAndGet();
                return;
              }
              most.accumulateAndGet(running.incrementAndGet(), Math::max);
              release.await();
              running.decrementAndGet();
            },
            options -> options.tenant(quiet).concurrency(4).inFlightPerTenant(2));
    await().atMost(SOON).until(() -> running.get() == 2);
    fill(quiet, 100);
    await().atMost(SOON).until(() -> others.get() == 100);
    await().atMost(SOON).until(() -> worker.stats().inFlight() == 2);
    release.countDown();

    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 150);
    assertThat(most).hasValue(2);
  }

  @Test
  void oneOfManyTenantsThatBecomesUnreadableIsSetAsideAndSaid(@UniqueTenant String prefix)
      throws Exception {
    List<Tenant> many = IntStream.range(0, 100).mapToObj(i -> Tenant.of(prefix + "-" + i)).toList();
    Queue<Tenant> seen = new ConcurrentLinkedQueue<>();
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> seen.add(delivery.tenant()), options -> options.tenants(many));
    many.forEach(tenant -> fill(tenant, 1));
    await().atMost(SOON).until(() -> seen.size() == 100);
    Tenant broken = many.get(50);
    String key = "tenant:" + broken + ":stream:orders";
    fixture.run("DEL", key);
    fixture.run("SET", key, "in the way");
    List<Tenant> others = many.stream().filter(tenant -> !tenant.equals(broken)).toList();
    others.forEach(tenant -> fill(tenant, 1));
    await().atMost(SOON).until(() -> seen.size() == 199);
    await().atMost(SOON).until(() -> !isRead(worker, broken));
    assertThat(others).allMatch(tenant -> isRead(worker, tenant));

    fixture.run("DEL", key);
    fill(broken, 1);
    await().atMost(SOON).until(() -> seen.size() == 200);
    await().atMost(SOON).until(() -> isRead(worker, broken));
  }

  private static boolean isRead(StreamWorker worker, Tenant tenant) {
    return worker.stats().streams().stream()
        .filter(stream -> stream.tenant().equals(tenant))
        .allMatch(StreamStats::isRead);
  }

  @Test
  void aFirstMessageOfOneOfManyIdleTenantsIsHandledSoon(@UniqueTenant String prefix)
      throws Exception {
    List<Tenant> many = IntStream.range(0, 500).mapToObj(i -> Tenant.of(prefix + "-" + i)).toList();
    Queue<String> seen = new ConcurrentLinkedQueue<>();
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> seen.add(message.payload()), options -> options.tenants(many));
    for (int i = 499; i >= 0; i -= 25) {
      String payload = "first of " + i;
      fixture.producer.sendAndWait(many.get(i), fixture.topic, Message.of("t", payload));
      await().atMost(SOON).until(() -> seen.contains(payload));
    }
    for (Tenant tenant : many) {
      fill(tenant, 1);
    }
    await().atMost(SOON).until(() -> worker.stats().acknowledged() == 520);
    assertThat(seen).doesNotHaveDuplicates();
  }

  @Test
  void refusesACapOfNothing() {
    Assertions.assertThatThrownBy(() -> fixture.worker().inFlightPerTenant(0))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("inFlightPerTenant");
  }
}
