package dev.tandem.streams;

import static dev.tandem.streams.Fixture.GROUP;
import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.MessageId;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.redis.RedisConnection;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A worker that is closed amid a fault ends in time, and the next one finishes the work. */
@RedisTest(dedicated = true, appendOnly = true)
class CloseDuringFaultsIT {
  private static final int MESSAGES = 200;
  private static final Duration LEASE = Duration.ofMillis(500);
  private static final Duration DRAIN = Duration.ofSeconds(1);

  /** What may take longer than the drain time: the threads' own ends. */
  private static final Duration MARGIN = Duration.ofSeconds(3);

  private final RedisServer server;
  private final Accounts accounts = new Accounts();

  CloseDuringFaultsIT(RedisServer server) {
    this.server = server;
  }

  /** What goes wrong while the worker is closed, and how it is put right afterwards. */
  enum Fault {
    RESET,
    REPLIES_LOST,
    REFUSED,
    BLACK_HOLE,
    HALF_OPEN,
    SCRIPTS_FORGOTTEN,
    OUT_OF_MEMORY,
    SERVER_FROZEN,
    SERVER_KILLED,
    GROUP_DESTROYED,
    HANDLERS_HANG
  }

  @ParameterizedTest
  @EnumSource
  void endsInTimeAndLeavesTheRestToOthers(
      Fault fault, FaultProxy proxy, @UniqueTenant String tenant) throws Exception {
    try (Fixture fixture = new Fixture(server.url(), tenant);
        RedisConnection connection = RedisConnection.builder().url(proxy.url()).lazy().build()) {
      List<MessageId> sent = new ArrayList<>(fixture.send(MESSAGES));
      StreamWorker worker = worker(fixture, connection, fault == Fault.HANDLERS_HANG ? 100 : 2);
      worker.start();
      await().atMost(SOON).until(() -> accounts.handled() >= MESSAGES / 10);

      begin(fault, proxy, fixture);
      long begun = System.nanoTime();
      worker.close();
      Duration took = Duration.ofNanos(System.nanoTime() - begun);
      end(fault, proxy);

      assertThat(worker.state()).isEqualTo(LifecycleState.STOPPED);
      assertThat(took).isLessThan(DRAIN.plus(MARGIN));
      StreamWorker next = worker(fixture, fixture.connection(server.url()), 0);
      fixture.closeLater(next);
      next.start();
      if (fault == Fault.GROUP_DESTROYED) {
        accounts.awaitNoneMissing(fixture, sent);
      } else {
        accounts.awaitAll(fixture, sent);
      }
    }
  }

  private StreamWorker worker(Fixture fixture, RedisConnection over, int millis) {
    return fixture
        .worker(over)
        .concurrency(8)
        .lease(LEASE)
        .drainTimeout(DRAIN)
        .retry(RetryPolicy.fixed(Duration.ofMillis(20)).maxDeliveries(6))
        .handler(
            (message, delivery) -> {
              accounts.begins(delivery);
              int number = Integer.parseInt(message.payload().substring(1));
              TimeUnit.MILLISECONDS.sleep(number % 5 == 0 ? 20L * millis : millis);
              if (number % 7 == 3 && delivery.deliveries() == 1) {
                throw new IllegalStateException("is to fail");
              }
              accounts.handled(delivery);
            })
        .build();
  }

  private void begin(Fault fault, FaultProxy proxy, Fixture fixture) {
    switch (fault) {
      case RESET -> proxy.reset();
      case REPLIES_LOST -> proxy.dropRepliesAndReset(6);
      case REFUSED -> proxy.refuse();
      case BLACK_HOLE -> proxy.blackHole();
      case HALF_OPEN -> proxy.halfOpen();
      case SCRIPTS_FORGOTTEN -> server.execute("SCRIPT", "FLUSH");
      case OUT_OF_MEMORY -> server.execute("CONFIG", "SET", "maxmemory", "1");
      case SERVER_FROZEN -> server.pause();
      case SERVER_KILLED -> server.kill();
      case GROUP_DESTROYED -> fixture.run("XGROUP", "DESTROY", fixture.stream(), GROUP);
      case HANDLERS_HANG -> {
        // They do from the beginning.
      }
    }
  }

  private void end(Fault fault, FaultProxy proxy) {
    proxy.heal();
    switch (fault) {
      case OUT_OF_MEMORY -> server.execute("CONFIG", "SET", "maxmemory", "0");
      case SERVER_FROZEN -> server.resume();
      case SERVER_KILLED -> server.restart();
      default -> {
        // Healed with the proxy, or nothing to heal.
      }
    }
  }
}
