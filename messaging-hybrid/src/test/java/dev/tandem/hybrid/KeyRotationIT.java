package dev.tandem.hybrid;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Gap;
import dev.tandem.api.Message;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.SerdeException;
import dev.tandem.api.serde.EncryptionKey;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.ChannelExport;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.LiveListener;
import dev.tandem.pubsub.LiveMessage;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.DeadLetter;
import dev.tandem.streams.DeadLetters;
import dev.tandem.streams.StreamExport;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.StreamWorker;
import dev.tandem.streams.Trimming;
import dev.tandem.tenant.Offboarding;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.TenantKeyring;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Keys of a tenant change while everything runs, and when the publisher is killed amid it. */
@RedisTest
@Timeout(120)
class KeyRotationIT {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int EACH = 100;

  private final RedisServer server;
  private final Tenant tenant;
  private final RedisConnection redis;
  private final EncryptionKey first = EncryptionKey.generate("k-1", new SecureRandom());
  private final EncryptionKey second = EncryptionKey.generate("k-2", new SecureRandom());
  private final TenantKeyring publishers = TenantKeyring.create();
  private final TenantKeyring readers = TenantKeyring.create();
  private final List<String> handled = new CopyOnWriteArrayList<>();
  private final Recorder live = new Recorder();

  KeyRotationIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.tenant = Tenant.of(tenant);
    this.redis = RedisConnection.connect(server.url());
  }

  @AfterEach
  void clean() {
    assertThat(Offboarding.of(redis).run(tenant).clean()).isTrue();
    redis.close();
  }

  private static StreamTopic<String> topic(TenantKeyring keyring) {
    // Kept, so that it can be seen which keys encrypted.
    return StreamTopic.of("payments", Serde.string().encrypted(keyring)).trimming(Trimming.none());
  }

  private static Channel<String> channel(TenantKeyring keyring) {
    return Channel.of("board", Serde.string().encrypted(keyring));
  }

  static Route<String> route(TenantKeyring keyring) {
    return Route.toStream(topic(keyring)).andChannel(channel(keyring));
  }

  private StreamWorker worker() {
    StreamWorker worker =
        StreamWorker.builder(redis, topic(readers))
            .tenant(tenant)
            .group("billing")
            .retry(RetryPolicy.fixed(Duration.ofMillis(1)).maxDeliveries(2))
            .handler((message, delivery) -> handled.add(message.payload()))
            .build();
    worker.start();
    return worker;
  }

  private List<DeadLetter> dead() {
    return DeadLetters.of(redis).list(tenant, "payments", "billing", 100);
  }

  private void publish(HybridPublisher hybrid, String prefix) {
    Route<String> route = route(publishers);
    for (int i = 0; i < EACH; i++) {
      hybrid.publish(tenant, Message.of("paid", prefix + i), route);
    }
  }

  @Test
  void everybodyReadsEverythingWhileTheKeyChanges() {
    publishers.load(tenant, first, List.of());
    readers.load(tenant, first, List.of());
    try (LiveBus bus = LiveBus.builder(redis).build();
        HybridPublisher hybrid = HybridPublisher.builder(redis).build();
        StreamWorker worker = worker()) {
      bus.subscribe(tenant, channel(readers), SubscribeOptions.fromNow(), live).active().join();
      publish(hybrid, "a");
      readers.add(tenant, second);
      publishers.add(tenant, second);
      publish(hybrid, "b");
      publishers.rotateTo(tenant, second);
      publish(hybrid, "c");
      readers.rotateTo(tenant, second);
      publish(hybrid, "d");
      await().atMost(SOON).until(() -> handled.size() >= 4 * EACH && live.got.size() >= 4 * EACH);
      List<String> keys = keysOfStored();
      publishers.retire(tenant, "k-1");
      readers.retire(tenant, "k-1");
      publish(hybrid, "e");
      await().atMost(SOON).until(() -> handled.size() >= 5 * EACH && live.got.size() >= 5 * EACH);

      assertThat(live.got).hasSize(5 * EACH).doesNotHaveDuplicates();
      assertThat(live.gaps).isEmpty();
      assertThat(handled).hasSize(5 * EACH).containsExactlyInAnyOrderElementsOf(live.got);
      assertThat(dead()).isEmpty();
      assertThat(keys.subList(0, 2 * EACH)).containsOnly("k-1");
      assertThat(keys.subList(2 * EACH, 4 * EACH)).containsOnly("k-2");
      assertThat(worker.stats()).isNotNull();
    }
  }

  /** The ids of the keys of all messages in the stream, as their bytes name them. */
  private List<String> keysOfStored() {
    List<String> ids = new ArrayList<>();
    for (String line : StreamExport.builder(redis, tenant).build().page(null).lines()) {
      String base64 = line.replaceAll(".*\"payloadBase64\":\"([^\"]*)\".*", "$1");
      byte[] bytes = Base64.getDecoder().decode(base64);
      ids.add(new String(bytes, 4, bytes[3], UTF_8));
    }
    return ids;
  }

  @Test
  void aPublisherKilledAmidTheChangeLosesNothing() throws Exception {
    readers.load(tenant, first, List.of(second));
    List<String> confirmed = new ArrayList<>();
    try (LiveBus bus = LiveBus.builder(redis).build();
        StreamWorker worker = worker()) {
      bus.subscribe(tenant, channel(readers), SubscribeOptions.fromNow(), live).active().join();
      // Shortly before, at and behind the change, or amid a message: it does not wait to be killed.
      confirmed.addAll(killedAfter("x", RotationMain.BEFORE - 1));
      confirmed.addAll(killedAfter("y", RotationMain.BEFORE));
      confirmed.addAll(killedAfter("z", RotationMain.BEFORE + 5));
      publishers.load(tenant, second, List.of(first));
      try (HybridPublisher hybrid = HybridPublisher.builder(redis).build()) {
        publish(hybrid, "end");
      }
      await().atMost(SOON).until(() -> handled.contains("end" + (EACH - 1)));
      await().atMost(SOON).until(() -> live.got.contains("end" + (EACH - 1)));
      await().atMost(SOON).until(() -> handled.size() == live.got.size());
      assertThat(worker.stats()).isNotNull();
    }
    assertThat(handled).containsAll(confirmed).doesNotHaveDuplicates();
    assertThat(live.got).containsAll(confirmed).doesNotHaveDuplicates();
    assertThat(handled).containsExactlyInAnyOrderElementsOf(live.got);
    assertThat(live.gaps).isEmpty();
    assertThat(dead()).isEmpty();
    assertThat(keysOfStored()).contains("k-1", "k-2");
  }

  private List<String> killedAfter(String prefix, int messages) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                RotationMain.class.getName(),
                server.url(),
                tenant.name(),
                prefix,
                first.id(),
                Base64.getEncoder().encodeToString(first.secret().getEncoded()),
                second.id(),
                Base64.getEncoder().encodeToString(second.secret().getEncoded()))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    List<String> confirmed = new ArrayList<>();
    try (BufferedReader out = process.inputReader()) {
      while (confirmed.size() < messages) {
        confirmed.add(Objects.requireNonNull(out.readLine()).substring("sent ".length()));
      }
    } finally {
      process.destroyForcibly();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }
    return confirmed;
  }

  @Test
  void aMessageOfAnUnknownKeySaysWhichAndIsHandledOnceTheKeyIsThere() {
    publishers.load(tenant, first, List.of());
    readers.load(tenant, second, List.of());
    String secret = Base64.getEncoder().encodeToString(first.secret().getEncoded());
    try (HybridPublisher hybrid = HybridPublisher.builder(redis).build();
        StreamWorker worker = worker()) {
      hybrid.publish(tenant, Message.of("paid", "too early"), route(publishers));
      await().atMost(SOON).until(() -> dead().size() == 1);
      assertThat(dead().get(0).error())
          .contains("names key 'k-1', which is unknown for tenant " + tenant)
          .doesNotContain("too early", secret);
      String exported =
          StreamExport.builder(redis, tenant)
              .topic("payments", Serde.string().encrypted(readers))
              .build()
              .page(null)
              .lines()
              .toString();
      assertThat(exported).contains("k-1", "payloadBase64").doesNotContain("too early", secret);

      readers.add(tenant, first);
      DeadLetters.of(redis).replayAll(tenant, "payments", "billing");
      await().atMost(SOON).until(() -> handled.contains("too early"));
      assertThat(handled).containsExactly("too early");
      await().atMost(SOON).until(() -> dead().isEmpty());
      assertThat(worker.stats()).isNotNull();
    }
    String channels =
        ChannelExport.builder(redis, tenant)
            .channel("board", Serde.string().encrypted(readers))
            .build()
            .page(null)
            .lines()
            .toString();
    assertThat(channels).contains("\"payload\":\"too early\"");
  }

  @Test
  void withoutAKeyNothingIsPublished() {
    try (HybridPublisher hybrid = HybridPublisher.builder(redis).build()) {
      assertThatThrownBy(
              () -> hybrid.publish(tenant, Message.of("paid", "secret"), route(publishers)))
          .isInstanceOf(SerdeException.class)
          .hasMessageContaining("tenant " + tenant + " has no encryption key");
    }
    assertThat(Offboarding.of(redis).dryRun(tenant).clean()).isTrue();
  }

  private static final class Recorder implements LiveListener<String> {
    final List<String> got = new CopyOnWriteArrayList<>();
    final List<Gap> gaps = new CopyOnWriteArrayList<>();

    @Override
    public void onMessage(LiveMessage<String> message) {
      got.add(message.payload());
    }

    @Override
    public void onGap(Gap gap) {
      gaps.add(gap);
    }
  }
}
