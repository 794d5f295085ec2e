package dev.tandem.hybrid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamTopic;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What stands in the way of a replay is waited for, and costs no message. */
@RedisTest(dedicated = true)
@Timeout(240)
class SpoolRefusalsIT {
  private static final FixedRoute<String> BOTH =
      Route.toStream(StreamTopic.of("orders", Serde.string()))
          .andChannel(Channel.of("board", Serde.string()));

  /** More than it takes until a record counts as refused for good. */
  private static final int MANY = 10;

  private final RedisServer server;
  private final Tenant tenant;
  @TempDir private Path directory;

  SpoolRefusalsIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.tenant = Tenant.of(tenant);
  }

  @Test
  void aTenantWithoutRightsWaitsForThemAndNoOtherDoes(FaultProxy proxy) throws IOException {
    Tenant other = Tenant.of(tenant.name() + "-other");
    String keys = "~tenant:" + other.name() + ":*";
    server.execute("ACL", "SETUSER", "ann", "reset", "on", ">x", "+@all", "&*", keys);
    try (RedisConnection redis = through(proxy.url().replace("redis://", "redis://ann:x@"));
        HybridPublisher hybrid = spooling(redis)) {
      proxy.refuse();
      for (int i = 0; i < 5; i++) {
        assertThat(publish(hybrid, tenant, i).isSpooled()).isTrue();
        assertThat(publish(hybrid, other, i).isSpooled()).isTrue();
      }
      proxy.heal();
      awaitWaiting(hybrid, 5);
      long before = calls("evalsha");
      awaitAtLeast("evalsha", before + 5L * MANY); // five records each time

      assertThat(hybrid.stats().spool().messages()).isEqualTo(5);
      assertThat(hybrid.stats().spool().refused()).isZero();
      assertThat(publish(hybrid, tenant, 5).isSpooled()).as("goes behind the others").isTrue();
      assertThat(publish(hybrid, other, 5).isSpooled()).isFalse();
      server.execute("ACL", "SETUSER", "ann", "~*");
      awaitWaiting(hybrid, 0);
    }
    assertOnceAndInOrder(tenant, 6);
    assertOnceAndInOrder(other, 6);
    assertNothingIsSetAside();
  }

  /** An error without a code of its own, which might as well be one of a record. */
  @Test
  void aServerThatDoesNotLetUsInRefusesNoRecord(FaultProxy proxy) throws IOException {
    proxy.refuse();
    String noSuchDatabase = proxy.url() + "/9999";
    try (RedisConnection redis = through(noSuchDatabase);
        HybridPublisher hybrid = spooling(redis)) {
      for (int i = 0; i < 5; i++) {
        assertThat(publish(hybrid, tenant, i).isSpooled()).isTrue();
      }
      long before = calls("select");
      proxy.heal();
      awaitAtLeast("select", before + MANY);
      assertThat(hybrid.stats().spool().messages()).isEqualTo(5);
      assertThat(hybrid.stats().spool().refused()).isZero();
    }
    try (RedisConnection redis = through(proxy.url());
        HybridPublisher hybrid = spooling(redis)) {
      awaitWaiting(hybrid, 0);
    }
    assertOnceAndInOrder(tenant, 5);
    assertNothingIsSetAside();
  }

  @Test
  void errorsAndInterruptsOfAListenerHoldUpNothing(FaultProxy proxy) {
    List<Long> told = new CopyOnWriteArrayList<>();
    SpoolListener listener =
        new SpoolListener() {
          @Override
          public void onReplayed(long record, List<HybridReceipt> receipts) {
            told.add(record);
            Thread.currentThread().interrupt();
            throw new AssertionError("of a listener");
          }

          @Override
          public void onRefused(long record, Path file, MessagingException why) {
            Thread.currentThread().interrupt();
            throw new AssertionError("of a listener");
          }
        };
    FixedRoute<String> wrong = Route.toStream(StreamTopic.of("wrong", Serde.string()));
    server.execute("SET", "tenant:" + tenant.name() + ":stream:wrong", "something else");
    try (RedisConnection redis = through(proxy.url());
        HybridPublisher hybrid = spooling(redis, Spool.at(directory).listener(listener))) {
      for (int round = 0; round < 2; round++) {
        proxy.refuse();
        hybrid.publish(tenant, Message.of("t", "refused"), wrong);
        publish(hybrid, tenant, round * 2);
        publish(hybrid, tenant, round * 2 + 1);
        proxy.heal();
        awaitWaiting(hybrid, 0);
      }
      await().atMost(Duration.ofSeconds(60)).until(() -> told.size() == 4);
      assertThat(hybrid.stats().spool().refused()).isEqualTo(2);
    }
    assertOnceAndInOrder(tenant, 4);
  }

  @Test
  void anErrorInTheReplayingThreadDoesNotEndIt(FaultProxy proxy) {
    AtomicBoolean failed = new AtomicBoolean();
    SecureRandom random =
        new SecureRandom() {
          private static final long serialVersionUID = 1L;

          @Override
          public long nextLong(long bound) {
            if (Thread.currentThread().getName().startsWith("tandem-hybrid-replay")
                && !failed.getAndSet(true)) {
              throw new OutOfMemoryError("for once");
            }
            return super.nextLong(bound);
          }
        };
    proxy.refuse();
    try (RedisConnection redis = through(proxy.url());
        HybridPublisher hybrid =
            HybridPublisher.builder(redis)
                .random(random)
                .outage(OutagePolicy.spool(Spool.at(directory)))
                .build()) {
      publish(hybrid, tenant, 0);
      await().atMost(Duration.ofSeconds(60)).untilTrue(failed);
      proxy.heal();
      awaitWaiting(hybrid, 0);
    }
    assertOnceAndInOrder(tenant, 1);
  }

  private static HybridReceipt publish(HybridPublisher hybrid, Tenant tenant, int number) {
    return hybrid.publish(tenant, Message.of("t", "m" + number), BOTH);
  }

  private static void awaitWaiting(HybridPublisher hybrid, int count) {
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(hybrid.stats().spool().messages()).isEqualTo(count));
  }

  private void awaitAtLeast(String command, long count) {
    await().atMost(Duration.ofSeconds(60)).until(() -> calls(command) >= count);
  }

  /** How often the server was asked for a command, and executed or refused it. */
  private long calls(String command) {
    Matcher matcher =
        Pattern.compile("cmdstat_" + command + ":calls=(\\d+).*rejected_calls=(\\d+)")
            .matcher(String.valueOf(server.execute("INFO", "commandstats")));
    return matcher.find() ? Long.parseLong(matcher.group(1)) + Long.parseLong(matcher.group(2)) : 0;
  }

  private void assertOnceAndInOrder(Tenant whose, int count) {
    assertThat(new BothSides(server, "tenant:" + whose.name()).payloads("orders"))
        .isEqualTo(IntStream.range(0, count).mapToObj(i -> "m" + i).toList());
  }

  private void assertNothingIsSetAside() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .noneMatch(name -> name.endsWith(".refused") || name.endsWith(".damaged"));
    }
  }

  private HybridPublisher spooling(RedisConnection redis) {
    return spooling(redis, Spool.at(directory));
  }

  private static HybridPublisher spooling(RedisConnection redis, Spool spool) {
    return HybridPublisher.builder(redis).outage(OutagePolicy.spool(spool)).build();
  }

  private static RedisConnection through(String url) {
    return RedisConnection.builder()
        .url(url)
        .lazy()
        .connectTimeout(Duration.ofSeconds(2))
        .replyTimeout(Duration.ofSeconds(10))
        .retry(2, Duration.ofMillis(10))
        .circuitBreaker(10, Duration.ofMillis(100))
        .build();
  }
}
