package dev.tandem.hybrid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamTopic;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Both or neither, whatever happens to the server. */
@RedisTest(dedicated = true, appendOnly = true)
@Timeout(120)
class HybridFaultsIT {
  private static final StreamTopic<String> PAYMENTS = StreamTopic.of("payments", Serde.string());
  private static final Channel<String> BOARD =
      Channel.of("board", Serde.string()).recoverable(Duration.ofHours(1), 1_000_000);
  private static final Route<String> BOTH = Route.toStream(PAYMENTS).andChannel(BOARD);

  @Test
  void aServerKilledAgainAndAgainNeverHasHalfOfAMessage(
      RedisServer server, @UniqueTenant String name) throws InterruptedException {
    Tenant tenant = Tenant.of(name);
    Set<String> confirmed = ConcurrentHashMap.newKeySet();
    AtomicBoolean stop = new AtomicBoolean();
    try (RedisConnection redis = RedisConnection.connect(server.url());
        HybridPublisher hybrid = HybridPublisher.builder(redis).build()) {
      Thread publishing =
          new Thread(
              () -> {
                for (int i = 0; !stop.get(); i++) {
                  try {
                    confirmed.add(
                        hybrid.publish(tenant, Message.of("paid", "p" + i), BOTH).id().value());
                  } catch (MessagingException expectedWhileTheServerIsAway) {
                    Thread.onSpinWait();
                  }
                }
              });
      publishing.start();
      for (int kill = 1; kill <= 3; kill++) {
        int before = confirmed.size();
        await().atMost(Duration.ofSeconds(60)).until(() -> confirmed.size() > before + 50);
        server.kill();
        server.restart();
      }
      int before = confirmed.size();
      await().atMost(Duration.ofSeconds(60)).until(() -> confirmed.size() > before + 50);
      stop.set(true);
      publishing.join();
    }

    BothSides sides = new BothSides(server, "tenant:" + name);
    assertThat(sides.stream("payments").keySet()).containsAll(confirmed);
    assertThat(sides.versionsInStream("payments")).isEqualTo(sides.buffer("board"));
  }

  @Test
  void aFullServerRefusesBothHalves(RedisServer server, @UniqueTenant String name) {
    Tenant tenant = Tenant.of(name);
    try (RedisConnection redis = RedisConnection.connect(server.url());
        HybridPublisher hybrid = HybridPublisher.builder(redis).build()) {
      hybrid.publish(tenant, Message.of("paid", "before"), BOTH);
      server.execute("CONFIG", "SET", "maxmemory", "1");
      try {
        MessagingException error =
            catchThrowableOfType(
                MessagingException.class,
                () -> hybrid.publish(tenant, Message.of("paid", "refused"), BOTH));

        assertThat(error.code()).isEqualTo(ErrorCode.OUT_OF_MEMORY);
      } finally {
        server.execute("CONFIG", "SET", "maxmemory", "0");
      }
      hybrid.publish(tenant, Message.of("paid", "after"), BOTH);

      BothSides sides = new BothSides(server, "tenant:" + name);
      assertThat(sides.stream("payments")).hasSize(2);
      assertThat(sides.versionsInStream("payments")).isEqualTo(sides.buffer("board"));
      assertThat(sides.buffer("board").keySet()).containsExactly(1L, 2L);
    }
  }
}
