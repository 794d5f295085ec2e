package dev.tandem.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Position;
import dev.tandem.api.serde.Serde;
import dev.tandem.docs.ReadmeExamples.Order;
import dev.tandem.docs.ReadmeExamples.Socket;
import dev.tandem.hybrid.HybridReceipt;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.Subscription;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** README's examples do what README says. */
@RedisTest
class ReadmeIT {
  private static final Order ORDER = new Order("o-1", "c-1", 995);

  @AfterEach
  void close() throws Exception {
    Closing.now();
  }

  @Test
  void durable(RedisServer server) {
    List<Order> charged = new CopyOnWriteArrayList<>();

    ReadmeExamples.durable(server.url(), ORDER, charged::add).join();

    await().atMost(Duration.ofSeconds(60)).until(() -> charged.equals(List.of(ORDER)));
  }

  @Test
  void live(RedisServer server, @UniqueTenant String name) {
    Tenant tenant = Tenant.of(name);
    RecordingSocket socket = new RecordingSocket();
    try (RedisConnection redis = RedisConnection.connect(server.url());
        LiveBus bus = LiveBus.builder(redis).build()) {
      Position start = bus.currentPosition(tenant, Channel.of("board", Serde.json(Order.class)));

      try (Subscription subscription = ReadmeExamples.live(bus, tenant, ORDER, socket, start)) {
        await().atMost(Duration.ofSeconds(60)).until(() -> !socket.sent.isEmpty());
        assertThat(socket.sent)
            .containsExactly("{\"id\":\"o-1\",\"customer\":\"c-1\",\"cents\":995}");
        assertThat(Position.parse(socket.tokens.get(0)).version()).isEqualTo(1);
        await()
            .atMost(Duration.ofSeconds(60))
            .until(() -> Position.parse(socket.tokens.get(0)).equals(subscription.position()));
      }
      assertThat(socket.reloads).isEmpty();
    }
  }

  @Test
  void hybrid(RedisServer server, @UniqueTenant String name) {
    try (RedisConnection redis = RedisConnection.connect(server.url())) {
      HybridReceipt receipt = ReadmeExamples.hybrid(redis, Tenant.of(name), ORDER);

      assertThat(server.execute("XLEN", "tenant:" + name + ":stream:payments")).isEqualTo(1L);
      assertThat(receipt.position()).isNotNull();
    }
  }

  private static final class RecordingSocket implements Socket {
    final List<String> tokens = new CopyOnWriteArrayList<>();
    final List<String> sent = new CopyOnWriteArrayList<>();
    final List<String> reloads = new CopyOnWriteArrayList<>();

    @Override
    public void send(String token, byte[] json) {
      tokens.add(token);
      sent.add(new String(json, StandardCharsets.UTF_8));
    }

    @Override
    public void reloadEverything() {
      reloads.add("all");
    }
  }
}
