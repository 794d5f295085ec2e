package dev.tandem.pubsub;

import static dev.tandem.pubsub.Buses.active;
import static dev.tandem.pubsub.Buses.channel;
import static dev.tandem.pubsub.Buses.message;
import static dev.tandem.pubsub.Buses.numbers;
import static dev.tandem.pubsub.Buses.publish;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Gap;
import dev.tandem.api.GapReason;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Whatever happens to the subscriber's connection, what was published meanwhile arrives once. */
@RedisTest(dedicated = true)
class BrokenConnectionsIT {
  /** For those whose connection must not be cut, however slow the machine is. */
  private static final Duration PATIENT_PROBE = Duration.ofSeconds(2);

  private final Buses buses = new Buses();

  @AfterEach
  void close() {
    buses.close();
  }

  /**
   * Each connection is killed as soon as it is subscribed. Nine pauses that double, or a connection
   * that did serve for a second, take longer than the bound.
   */
  @Test
  void whatIsKilledAsSoonAsItWorksIsMadeAgainMoreAndMoreSeldom(
      RedisServer server, @UniqueTenant String name) throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus bus = buses.bus(server.url());
    Recorder recorder = new Recorder();
    active(bus.subscribe(tenant, channel("board"), SubscribeOptions.fromNow(), recorder));
    long from = System.nanoTime();
    while (bus.stats().reconnects() < 9) {
      server.execute("CLIENT", "KILL", "TYPE", "pubsub");
    }
    assertThat(Duration.ofNanos(System.nanoTime() - from)).isGreaterThan(Duration.ofMillis(900));
    bus.publish(tenant, channel("board"), message("m1"));
    recorder.assertExactly(numbers("m", 1, 1));
  }

  /** Publishes around a fault that only the subscriber suffers. */
  private void survives(
      RedisServer server, FaultProxy proxy, String name, Runnable fault, boolean cutsAtOnce)
      throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus publisher = buses.bus(server.url());
    LiveBus subscriber = buses.bus(proxy.url());
    Recorder recorder = new Recorder();
    Subscription subscription =
        subscriber.subscribe(tenant, channel("board"), SubscribeOptions.fromNow(), recorder);
    active(subscription);
    publish(publisher, tenant, channel("board"), numbers("m", 1, 50));
    recorder.awaitCount(50);

    fault.run();
    publish(publisher, tenant, channel("board"), numbers("m", 51, 150));
    if (!cutsAtOnce) {
      await()
          .atMost(Recorder.PATIENCE)
          .until(() -> subscriber.state() == LifecycleState.RECOVERING);
    }
    proxy.heal();
    publish(publisher, tenant, channel("board"), numbers("m", 151, 200));

    recorder.assertExactly(numbers("m", 1, 200));
    await()
        .atMost(Recorder.PATIENCE)
        .until(() -> subscriber.state() == LifecycleState.RUNNING && subscriber.health().isUp());
    assertThat(subscriber.stats().reconnects()).isPositive();
    await().atMost(Recorder.PATIENCE).until(() -> subscription.stats().delivered() == 200);
    assertThat(subscription.stats().recovered()).isPositive();
  }

  @Test
  void reset(RedisServer server, FaultProxy proxy, @UniqueTenant String name) throws Exception {
    survives(server, proxy, name, proxy::reset, true);
  }

  @Test
  void refusedForAWhile(RedisServer server, FaultProxy proxy, @UniqueTenant String name)
      throws Exception {
    survives(server, proxy, name, proxy::refuse, false);
  }

  @Test
  void blackHoled(RedisServer server, FaultProxy proxy, @UniqueTenant String name)
      throws Exception {
    survives(server, proxy, name, proxy::blackHole, false);
  }

  @Test
  void halfOpen(RedisServer server, FaultProxy proxy, @UniqueTenant String name) throws Exception {
    survives(server, proxy, name, proxy::halfOpen, false);
  }

  @Test
  void killedByAnAdministratorAgainAndAgain(RedisServer server, @UniqueTenant String name)
      throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus bus = buses.bus(server.url());
    Recorder recorder = new Recorder();
    active(bus.subscribe(tenant, channel("board"), SubscribeOptions.fromNow(), recorder));
    for (int i = 1; i <= 300; i++) {
      bus.publish(tenant, channel("board"), message("m" + i));
      if (i % 40 == 0) {
        server.execute("CLIENT", "KILL", "TYPE", "pubsub");
      }
    }
    recorder.assertExactly(numbers("m", 1, 300));
    assertThat(bus.stats().reconnects()).isPositive();
  }

  @Test
  void aQuietConnectionIsProbedAndStays(RedisServer server, @UniqueTenant String name)
      throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus bus = buses.bus(server.url(), options -> options.probeAfter(PATIENT_PROBE));
    active(bus.subscribe(tenant, channel("board"), SubscribeOptions.fromNow(), new Recorder()));
    var first = bus.health().lastProof();
    await()
        .atMost(Recorder.PATIENCE)
        .until(
            () -> {
              var proof = bus.health().lastProof();
              return first != null
                  && proof != null
                  && proof.isAfter(first.plus(PATIENT_PROBE.multipliedBy(3)));
            });
    assertThat(bus.stats().reconnects()).isZero();
    assertThat(bus.health().isUp()).isTrue();
  }

  @Test
  void aSilentConnectionIsDegradedAndThenGivenUp(
      RedisServer server, FaultProxy proxy, @UniqueTenant String name) throws Exception {
    AtomicLong nanos = new AtomicLong();
    LiveBus bus =
        buses.bus(
            proxy.url(),
            options -> {
              options.nanoTime = nanos::get;
              return options;
            });
    active(
        bus.subscribe(
            Tenant.of(name), channel("board"), SubscribeOptions.fromNow(), new Recorder()));
    await().atMost(Recorder.PATIENCE).until(() -> bus.health().isUp());

    proxy.blackHole();
    nanos.addAndGet(Buses.PROBE.multipliedBy(2).toNanos());
    assertThat(bus.health().isUp()).isTrue();
    nanos.addAndGet(1);
    await() // as long as no more time passes
        .during(Buses.PROBE.multipliedBy(2))
        .atMost(Recorder.PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(bus.health().status()).isEqualTo(Health.Status.DEGRADED);
              assertThat(bus.health().detail()).contains("silent");
            });
    nanos.addAndGet(Buses.PROBE.toNanos());
    await().atMost(Recorder.PATIENCE).until(() -> bus.health().status() == Health.Status.DOWN);
    await().atMost(Recorder.PATIENCE).until(() -> bus.state() == LifecycleState.RECOVERING);

    proxy.heal();
    await().atMost(Recorder.PATIENCE).until(() -> bus.health().isUp());
    assertThat(bus.stats().reconnects()).isPositive();
  }

  @Test
  void aWallClockThatJumpsCutsNothing(RedisServer server, @UniqueTenant String name)
      throws Exception {
    Tenant tenant = Tenant.of(name);
    AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
    InstantSource wall = now::get;
    LiveBus bus =
        buses.bus(
            server.url(),
            options -> options.clock(wall.withZone(ZoneOffset.UTC)).probeAfter(PATIENT_PROBE));
    active(bus.subscribe(tenant, channel("board"), SubscribeOptions.fromNow(), new Recorder()));
    for (Duration jump : List.of(Duration.ofDays(1), Duration.ofDays(-2), Duration.ofHours(1))) {
      Instant jumped = now.updateAndGet(before -> before.plus(jump));
      await()
          .during(PATIENT_PROBE.multipliedBy(2))
          .atMost(Recorder.PATIENCE)
          .untilAsserted(
              () -> {
                assertThat(bus.health().isUp()).isTrue();
                assertThat(bus.health().lastProof())
                    .isBetween(jumped.minus(PATIENT_PROBE.multipliedBy(3)), jumped);
              });
    }
    assertThat(bus.stats().reconnects()).isZero();
  }

  @Test
  void subscribingWhileRedisIsAwayWorksOnceItIsBack(
      RedisServer server, FaultProxy proxy, @UniqueTenant String name) throws Exception {
    Tenant tenant = Tenant.of(name);
    proxy.refuse();
    LiveBus bus = buses.bus(proxy.url());
    Recorder recorder = new Recorder();
    Subscription subscription =
        bus.subscribe(tenant, channel("board"), SubscribeOptions.fromNow(), recorder);
    await().during(Duration.ofMillis(300)).until(() -> !subscription.active().isDone());
    assertThat(bus.health().isUp()).isFalse();
    proxy.heal();
    active(subscription);
    bus.publish(tenant, channel("board"), message("hello"));
    recorder.awaitLast("hello");
  }

  @Test
  void aRestartWithoutDataIsAChangedEpoch(RedisServer server, @UniqueTenant String name)
      throws Exception {
    Tenant tenant = Tenant.of(name);
    LiveBus bus = buses.bus(server.url());
    Recorder recorder = new Recorder();
    active(bus.subscribe(tenant, channel("board"), SubscribeOptions.fromNow(), recorder));
    publish(bus, tenant, channel("board"), numbers("m", 1, 10));
    recorder.awaitCount(10);
    server.restartEmpty();
    Gap gap = recorder.awaitGap();
    assertThat(gap.reason()).isEqualTo(GapReason.EPOCH_CHANGED);
    bus.publish(tenant, channel("board"), message("after"));
    recorder.awaitLast("after").assertUnbroken();
  }

  @Nested
  @RedisTest(dedicated = true, appendOnly = true)
  class WithPersistence {
    @Test
    void aKilledServerThatKeptItsDataIsNoGap(RedisServer server, @UniqueTenant String name)
        throws Exception {
      Tenant tenant = Tenant.of(name);
      LiveBus bus = buses.bus(server.url());
      Recorder recorder = new Recorder();
      active(bus.subscribe(tenant, channel("board"), SubscribeOptions.fromNow(), recorder));
      publish(bus, tenant, channel("board"), numbers("m", 1, 50));
      server.kill();
      await().atMost(Recorder.PATIENCE).until(() -> bus.state() == LifecycleState.RECOVERING);
      server.restart();
      LiveBus other = buses.bus(server.url());
      publish(other, tenant, channel("board"), numbers("m", 51, 100));
      recorder.assertExactly(numbers("m", 1, 100));
    }
  }
}
