package dev.tandem.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.error.CircuitOpenException;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.OutcomeUnknownException;
import dev.tandem.api.error.UnavailableException;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@RedisTest(dedicated = true)
@Timeout(60)
class FaultsIT {
  private static Command incr(String key) {
    return Command.of("INCR").key(RedisKey.of(key));
  }

  private static Duration took(Runnable work) {
    long start = System.nanoTime();
    work.run();
    return Duration.ofNanos(System.nanoTime() - start);
  }

  private static RedisConnectionBuilder once(String url) {
    return RedisConnection.builder().url(url).retry(1, Duration.ofMillis(1));
  }

  @Test
  void aServerThatIsNotThereIsSaidInOneSentence() {
    List<Duration> took = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      took.add(
          took(
              () ->
                  assertThatThrownBy(() -> RedisConnection.connect("redis://127.0.0.1:1"))
                      .isInstanceOf(UnavailableException.class)
                      .hasMessage(
                          "cannot reach Redis at redis://127.0.0.1:1: Connection refused")));
    }

    // The machine may hold up some of them.
    assertThat(Collections.min(took))
        .as("three tries, 100 and 200 ms apart")
        .isBetween(ms(300), ms(1_500));
  }

  @Test
  void aServerThatDoesNotAnswerTheHandshakeCostsTheConnectTimeout(FaultProxy proxy) {
    proxy.blackHole();
    Throwable[] error = new Throwable[1];

    Duration took =
        took(
            () ->
                error[0] =
                    catchThrowable(
                        () ->
                            once(proxy.url())
                                .connectTimeout(ms(300))
                                .replyTimeout(ms(60_000))
                                .build()
                                .close()));

    assertThat(error[0])
        .isInstanceOf(UnavailableException.class)
        .hasMessage("cannot reach Redis at " + proxy.url() + ": Read timed out");
    assertThat(took).isBetween(ms(290), ms(20_000));
  }

  @Test
  void repliesMayTakeLongerThanConnecting(FaultProxy proxy) {
    try (RedisConnection redis =
        once(proxy.url()).connectTimeout(ms(400)).replyTimeout(ms(60_000)).build()) {
      proxy.delay(ms(350));

      assertThat(took(redis::serverTime)).isGreaterThan(ms(650));
    }
  }

  @Test
  void aReplyThatDoesNotComeCostsTheReplyTimeout(FaultProxy proxy) {
    try (RedisConnection redis =
        once(proxy.url()).connectTimeout(ms(60_000)).replyTimeout(ms(3_000)).build()) {
      proxy.halfOpen();

      Duration took =
          took(
              () ->
                  assertThatThrownBy(redis::serverTime)
                      .isInstanceOf(OutcomeUnknownException.class)
                      .hasMessage(
                          "connection to Redis at "
                              + proxy.url()
                              + " failed before the reply to TIME: Read timed out"));

      assertThat(took).isBetween(ms(2_990), ms(20_000));
    }
  }

  @Test
  void aHostThatDoesNotExistIsNamed() {
    assertThatThrownBy(() -> once("redis://no-such-host.invalid").build())
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining("redis://no-such-host.invalid:6379")
        .hasMessageContaining("no-such-host.invalid");
  }

  @Test
  void lazyConnectsWhenTheServerIsThere(RedisServer server) {
    server.kill();
    try (RedisConnection redis = once(server.url()).lazy().build()) {
      assertThat(redis.state()).isEqualTo(LifecycleState.RUNNING);
      assertThatThrownBy(redis::capabilities).isInstanceOf(UnavailableException.class);
      assertThat(redis.state()).isEqualTo(LifecycleState.RECOVERING);

      server.restart();

      assertThat(redis.capabilities().version()).isEqualTo(server.version());
      assertThat(redis.state()).isEqualTo(LifecycleState.RUNNING);
    }
  }

  @Test
  void aLostReplyIsAnUnknownOutcomeAndTheCommandRanOnce(
      RedisServer server, FaultProxy proxy, @UniqueTenant String key) {
    try (RedisConnection redis = RedisConnection.connect(proxy.url())) {
      proxy.executeButDropReply(line -> line.startsWith("INCR"));

      assertThatThrownBy(() -> redis.commands().execute(incr(key)))
          .isInstanceOfSatisfying(
              OutcomeUnknownException.class, e -> assertThat(e.retryable()).isFalse())
          .hasMessageContaining("failed before the reply to INCR");

      assertThat(server.execute("GET", key)).isEqualTo("1");
      assertThat(proxy.droppedReplies()).isEqualTo(1);
    }
  }

  @Test
  void aRepeatableCommandIsRepeated(
      RedisServer server, FaultProxy proxy, @UniqueTenant String key) {
    try (RedisConnection redis = RedisConnection.connect(proxy.url())) {
      proxy.executeButDropReply(line -> line.startsWith("INCR"));
      proxy.executeButDropReply(line -> line.startsWith("INCR"));

      assertThat(redis.commands().execute(incr(key).repeatable())).isEqualTo(3L);

      assertThat(proxy.droppedReplies()).isEqualTo(2);
      assertThat(redis.metrics().gauge(redis.metricsPrefix() + ".repeats").getValue())
          .isEqualTo(2L);
    }
  }

  @Test
  void aCommandThatWasNotSentIsTriedAgainUntilTheServerIsBack(
      RedisServer server, @UniqueTenant String key) {
    try (RedisConnection redis =
        RedisConnection.builder().url(server.url()).retry(9, ms(20)).lazy().build()) {
      server.kill();
      CompletableFuture<Object> reply =
          CompletableFuture.supplyAsync(() -> redis.commands().execute(incr(key)));
      await().until(() -> redis.stats().connectionFailures() > 0);

      server.restart();

      assertThat(reply).succeedsWithin(Duration.ofSeconds(20)).isEqualTo(1L);
    }
  }

  @Test
  void aPoolWithoutAFreeConnectionSaysSoAfterItsWait(RedisServer server, FaultProxy proxy)
      throws Exception {
    try (RedisConnection redis =
        RedisConnection.builder()
            .url(proxy.url())
            .poolSize(1)
            .poolWait(ms(200))
            .replyTimeout(ms(60_000))
            .retry(3, ms(30_000))
            .circuitBreaker(2, ms(60_000))
            .build()) {
      ExecutorService thread = Executors.newSingleThreadExecutor();
      Future<Object> blocking =
          thread.submit(() -> redis.commands().execute(Command.of("BLPOP").arg("list").arg(50)));
      await().until(() -> redis.stats().activeConnections() == 1);

      for (int i = 0; i < 3; i++) {
        Duration took =
            took(
                () ->
                    assertThatThrownBy(redis::serverTime)
                        .isInstanceOf(UnavailableException.class)
                        .hasMessage(
                            "no free connection to Redis at "
                                + proxy.url()
                                + " within the pool's longest wait"));
        assertThat(took).as("not tried again").isBetween(ms(190), ms(15_000));
      }

      server.execute("RPUSH", "list", "x");
      assertThat(blocking.get(20, TimeUnit.SECONDS)).isNotNull();
      assertThat(redis.stats().circuitBreakerOpen()).isFalse();
      assertThat(redis.stats().connectionFailures()).isZero();
      assertThat(redis.state()).isEqualTo(LifecycleState.RUNNING);
      assertThat(redis.serverTime()).isNotNull();
      thread.shutdown();
    }
  }

  @Test
  void anInterruptedWaitForAConnectionKeepsTheInterrupt(RedisServer server, FaultProxy proxy)
      throws Exception {
    try (RedisConnection redis =
        RedisConnection.builder()
            .url(proxy.url())
            .poolSize(1)
            .poolWait(ms(50_000))
            .replyTimeout(ms(60_000))
            .build()) {
      ExecutorService thread = Executors.newSingleThreadExecutor();
      Future<Object> blocking =
          thread.submit(() -> redis.commands().execute(Command.of("BLPOP").arg("list").arg(50)));
      await().until(() -> redis.stats().activeConnections() == 1);
      Thread.currentThread().interrupt();

      assertThatThrownBy(redis::serverTime)
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining("interrupted");

      assertThat(Thread.interrupted()).isTrue();
      server.execute("RPUSH", "list", "x");
      assertThat(blocking.get(20, TimeUnit.SECONDS)).isNotNull();
      thread.shutdown();
    }
  }

  @Test
  void theBreakerOpensRefusesAtOnceAndClosesAgain(RedisServer server) {
    List<String> changes = Collections.synchronizedList(new ArrayList<>());
    try (RedisConnection redis = once(server.url()).circuitBreaker(4, ms(3_000)).build()) {
      redis.addListener((from, to) -> changes.add(from + " to " + to));
      redis.serverTime();
      server.kill();
      int failures = 0;
      while (!redis.stats().circuitBreakerOpen()) {
        assertThatThrownBy(redis::serverTime)
            .isInstanceOf(MessagingException.class)
            .isNotInstanceOf(CircuitOpenException.class);
        failures++;
      }

      assertThat(failures).as("half of four calls").isEqualTo(2);
      assertThat(redis.state()).isEqualTo(LifecycleState.RECOVERING);
      assertThat(redis.health().status()).isEqualTo(Health.Status.DOWN);
      assertThat(redis.health().detail()).startsWith("circuit breaker is open; last failure: ");
      assertThat(redis.metrics().gauge(redis.metricsPrefix() + ".circuit-breaker").getValue())
          .isEqualTo("OPEN");
      assertThat(
              took(
                  () ->
                      assertThatThrownBy(redis::serverTime)
                          .isInstanceOf(CircuitOpenException.class)))
          .isLessThan(ms(2_800)); // what it waits before it tries again

      server.restart();
      await()
          .atMost(Duration.ofSeconds(60))
          .ignoreException(CircuitOpenException.class)
          .until(() -> redis.serverTime() != null);

      assertThat(redis.state()).isEqualTo(LifecycleState.RUNNING);
      assertThat(redis.serverTime()).isNotNull();
      assertThat(redis.stats().circuitBreakerOpen()).isFalse();
      assertThat(redis.health().status()).isEqualTo(Health.Status.UP);
      assertThat(changes).containsExactly("RUNNING to RECOVERING", "RECOVERING to RUNNING");
      assertThat(redis.stats().connectionFailures()).isEqualTo(failures);
    }
  }

  /** Fills the pool with idle connections. */
  private static void warm(RedisConnection redis, int connections) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(connections);
    List<Future<?>> calls = new ArrayList<>();
    for (int i = 0; i < connections; i++) {
      calls.add(
          threads.submit(
              () -> redis.commands().execute(Command.of("BLPOP").arg("none").arg("0.5"))));
    }
    for (Future<?> call : calls) {
      call.get(20, TimeUnit.SECONDS);
    }
    threads.shutdown();
    assertThat(redis.stats().idleConnections()).isEqualTo(connections);
  }

  @Test
  void afterARestartStaleConnectionsCostOneFailedCall(RedisServer server) throws Exception {
    try (RedisConnection redis = once(server.url()).build()) {
      warm(redis, 8);
      server.restart();

      assertThatThrownBy(() -> redis.commands().execute(incr("a")))
          .isInstanceOf(OutcomeUnknownException.class);
      for (int i = 1; i <= 20; i++) {
        assertThat(redis.commands().execute(incr("b"))).isEqualTo((long) i);
      }

      assertThat(redis.stats().connectionFailures()).isEqualTo(1);
    }
  }

  @Test
  void whatWasBorrowedBeforeAFailureIsNotKept(RedisServer server, FaultProxy proxy)
      throws Exception {
    try (RedisConnection redis = RedisConnection.connect(proxy.url())) {
      ExecutorService thread = Executors.newSingleThreadExecutor();
      Future<Object> blocking =
          thread.submit(() -> redis.commands().execute(Command.of("BLPOP").arg("list").arg(20)));
      await().until(() -> redis.stats().activeConnections() == 1);
      proxy.executeButDropReply(line -> line.startsWith("INCR"));
      assertThatThrownBy(() -> redis.commands().execute(incr("a")))
          .isInstanceOf(OutcomeUnknownException.class);

      server.execute("RPUSH", "list", "x");

      assertThat(Replies.list(blocking.get(10, TimeUnit.SECONDS))).hasSize(2);
      await().until(() -> redis.stats().activeConnections() == 0);
      assertThat(redis.stats().idleConnections()).isZero();
      thread.shutdown();
    }
  }

  @Test
  void manyCallersThatFailAtOnceDoNotTearDownWhatTheOthersBuilt(RedisServer server)
      throws Exception {
    int callers = 16;
    try (RedisConnection redis =
        RedisConnection.builder()
            .url(server.url())
            .poolSize(callers)
            .circuitBreaker(10_000, ms(100))
            .build()) {
      warm(redis, callers);
      ExecutorService threads = Executors.newFixedThreadPool(callers);
      CountDownLatch go = new CountDownLatch(1);
      AtomicInteger failed = new AtomicInteger();
      AtomicInteger succeeded = new AtomicInteger();
      List<Future<?>> work = new ArrayList<>();
      server.restart();
      for (int i = 0; i < callers; i++) {
        work.add(
            threads.submit(
                () -> {
                  go.await();
                  for (int n = 0; n < 200; n++) {
                    try {
                      redis.commands().execute(incr("storm"));
                      succeeded.incrementAndGet();
                    } catch (MessagingException e) {
                      failed.incrementAndGet();
                    }
                  }
                  return null;
                }));
      }
      go.countDown();
      for (Future<?> one : work) {
        one.get(30, TimeUnit.SECONDS);
      }
      threads.shutdown();

      assertThat(failed).hasValueBetween(1, callers);
      assertThat(succeeded).hasValue(callers * 200 - failed.get());
      String clients = String.valueOf(server.execute("INFO", "stats"));
      long made =
          clients
              .lines()
              .filter(line -> line.startsWith("total_connections_received:"))
              .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(':') + 1).strip()))
              .findFirst()
              .orElseThrow();
      assertThat(made).as("connections made since the restart").isLessThan(callers * 4L);
    }
  }

  @Test
  void comesThroughAStormOfCutConnections(FaultProxy proxy, RedisServer server) throws Exception {
    try (RedisConnection redis =
        RedisConnection.builder().url(proxy.url()).circuitBreaker(10_000, ms(100)).build()) {
      ExecutorService threads = Executors.newFixedThreadPool(8);
      AtomicInteger counted = new AtomicInteger();
      AtomicInteger unknown = new AtomicInteger();
      List<Future<?>> work = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        work.add(
            threads.submit(
                () -> {
                  for (int n = 0; n < 500; n++) {
                    try {
                      redis.commands().execute(incr("cuts"));
                      counted.incrementAndGet();
                    } catch (OutcomeUnknownException e) {
                      unknown.incrementAndGet();
                    }
                  }
                }));
      }
      for (int cut = 0; cut < 15; cut++) {
        int before = counted.get();
        await().until(() -> counted.get() > before + 20 || work.stream().allMatch(Future::isDone));
        proxy.reset();
      }
      for (Future<?> one : work) {
        one.get(30, TimeUnit.SECONDS);
      }
      threads.shutdown();

      long value = Long.parseLong(String.valueOf(server.execute("GET", "cuts")));
      assertThat(value).isBetween((long) counted.get(), (long) counted.get() + unknown.get());
      assertThat(counted.get() + unknown.get()).isEqualTo(8 * 500);
      assertThat(redis.stats().activeConnections()).isZero();
      assertThat(redis.serverTime()).isNotNull();
      assertThat(redis.state()).isEqualTo(LifecycleState.RUNNING);
    }
  }

  @Test
  void aPausedServerIsWaitedForAndThenGivenUp(RedisServer server, @UniqueTenant String key) {
    try (RedisConnection redis = once(server.url()).replyTimeout(ms(300)).build()) {
      server.pause();
      MessagingException error =
          (MessagingException) catchThrowable(() -> redis.commands().execute(incr(key)));
      server.resume();

      assertThat(error.code()).isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
      assertThat(Replies.number(redis.commands().execute(incr(key)))).isEqualTo(2);
    }
  }

  @Test
  void waitsWhileTheServerLoads() {
    try (RedisServer slow =
            RedisServer.builder().appendOnly(true).setting("key-load-delay", "400").start();
        RedisConnection patient =
            RedisConnection.builder().url(slow.url()).retry(10, ms(20)).build();
        RedisConnection impatient = once(slow.url()).circuitBreaker(10_000, ms(1)).build()) {
      List<Command> fill = new ArrayList<>();
      for (int i = 0; i < 4_000; i++) {
        fill.add(incr("key" + i));
      }
      impatient.commands().executeAll(fill);
      CompletableFuture<Void> restart = CompletableFuture.runAsync(slow::restart);
      await()
          .pollInterval(ms(5))
          .ignoreExceptionsInstanceOf(MessagingException.class)
          .until(
              () ->
                  impatient.commands().executeAll(List.of(incr("k"))).get(0)
                          instanceof MessagingException error
                      && error.code() == ErrorCode.SERVER_BUSY);

      assertThat(patient.commands().execute(incr("key7").repeatable())).isEqualTo(2L);

      assertThat((long) patient.metrics().gauge(patient.metricsPrefix() + ".repeats").getValue())
          .isPositive();
      restart.join();
    }
  }

  @RepeatedTest(10)
  void aBrokenConnectionMakesRoomForOneWhoWaits(FaultProxy proxy) throws Exception {
    try (RedisConnection redis = once(proxy.url()).poolSize(1).poolWait(ms(20_000)).build()) {
      redis.commands().execute(Command.of("DEL").arg("waited"));
      ExecutorService threads = Executors.newFixedThreadPool(2);
      Future<Object> blocking =
          threads.submit(() -> redis.commands().execute(Command.of("BLPOP").arg("none").arg(30)));
      await().until(() -> redis.stats().activeConnections() == 1);
      Future<Object> waiting = threads.submit(() -> redis.commands().execute(incr("waited")));
      await().during(ms(100)).until(() -> !waiting.isDone());

      proxy.reset();

      assertThat(waiting.get(10, TimeUnit.SECONDS)).isEqualTo(1L);
      assertThat(blocking).failsWithin(Duration.ofSeconds(10));
      threads.shutdown();
    }
  }

  private static Duration ms(long millis) {
    return Duration.ofMillis(millis);
  }
}
