package dev.tandem.hybrid;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Gap;
import dev.tandem.api.Message;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.serde.EncryptionKey;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.LiveListener;
import dev.tandem.pubsub.LiveMessage;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.DeadLetters;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.StreamWorker;
import dev.tandem.streams.Trimming;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.TenantKeyring;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A key is changed, and the server, a publisher or a reader is killed at each step of that. */
@RedisTest(dedicated = true, appendOnly = true)
@Timeout(240)
class KeyRotationFaultsIT {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int EACH = 50;

  private final RedisServer server;
  private final Tenant tenant;
  private final BothSides sides;
  private final EncryptionKey first = EncryptionKey.generate("k-1", new SecureRandom());
  private final EncryptionKey second = EncryptionKey.generate("k-2", new SecureRandom());
  private final TenantKeyring publishers = TenantKeyring.create();
  private final TenantKeyring readers = TenantKeyring.create();
  private final Set<String> handled = ConcurrentHashMap.newKeySet();
  private final Live live = new Live();
  private final List<String> sent = new ArrayList<>();

  KeyRotationFaultsIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.tenant = Tenant.of(tenant);
    this.sides = new BothSides(server, "tenant:" + tenant);
  }

  static StreamTopic<String> topic(TenantKeyring keyring) {
    return StreamTopic.of("payments", Serde.string().encrypted(keyring)).trimming(Trimming.none());
  }

  private static Channel<String> channel(TenantKeyring keyring) {
    return Channel.of("board", Serde.string().encrypted(keyring))
        .recoverable(Duration.ofHours(1), 100_000);
  }

  static Route<String> route(TenantKeyring keyring) {
    return Route.toStream(topic(keyring)).andChannel(channel(keyring));
  }

  private StreamWorker worker(RedisConnection redis) {
    StreamWorker worker =
        StreamWorker.builder(redis, topic(readers))
            .tenant(tenant)
            .group("billing")
            .lease(Duration.ofSeconds(2)) // so that what a killed one held comes soon
            .retry(RetryPolicy.fixed(Duration.ofMillis(10)).maxDeliveries(100))
            .handler((message, delivery) -> handled.add(message.payload()))
            .build();
    worker.start();
    return worker;
  }

  @Test
  void aServerKilledAtEachStepLosesNothingAndAllIsRead() {
    publishers.load(tenant, first, List.of());
    readers.load(tenant, first, List.of());
    try (RedisConnection redis = RedisConnection.connect(server.url());
        LiveBus bus = LiveBus.builder(redis).build();
        HybridPublisher hybrid =
            HybridPublisher.builder(redis).outage(OutagePolicy.block(SOON)).build();
        StreamWorker worker = worker(redis)) {
      bus.subscribe(tenant, channel(readers), SubscribeOptions.fromNow(), live).active().join();
      publishAndKillAmid(hybrid, "loaded");
      readers.add(tenant, second);
      publishers.add(tenant, second);
      publishAndKillAmid(hybrid, "added");
      publishers.rotateTo(tenant, second);
      publishAndKillAmid(hybrid, "rotated");
      readers.rotateTo(tenant, second);
      await().atMost(SOON).until(() -> handled.containsAll(sent) && live.got.size() == sent.size());
      publishers.retire(tenant, "k-1");
      readers.retire(tenant, "k-1");
      publishAndKillAmid(hybrid, "retired");
      await().atMost(SOON).until(() -> handled.containsAll(sent) && live.got.size() >= sent.size());

      assertThat(handled).containsExactlyInAnyOrderElementsOf(sent);
      assertThat(live.got).containsExactlyElementsOf(sent);
      assertThat(live.gaps).isEmpty();
      assertThat(DeadLetters.of(redis).count(tenant, "payments", "billing")).isZero();
      assertThat(worker.stats()).isNotNull();
    }
    assertThat(keysOfStored().subList(0, 2 * EACH)).containsOnly("k-1");
    assertThat(keysOfStored().subList(2 * EACH, 4 * EACH)).containsOnly("k-2");
    assertThat(sides.versionsInStream("payments")).isEqualTo(sides.buffer("board"));
  }

  private void publishAndKillAmid(HybridPublisher hybrid, String step) {
    for (int i = 0; i < EACH; i++) {
      if (i == EACH / 2) {
        server.kill();
        server.restart();
      }
      hybrid.publish(tenant, Message.of("paid", step + i), route(publishers));
      sent.add(step + i);
    }
  }

  /** The ids of the keys of all messages in the stream, as their bytes name them. */
  private List<String> keysOfStored() {
    return sides.payloads("payments").stream()
        .map(data -> data.substring(4, 4 + "k-1".length()))
        .toList();
  }

  @Test
  void aPublisherKilledAtAnyStepLeavesWholeMessagesThatAreRead() throws Exception {
    readers.load(tenant, first, List.of());
    readers.add(tenant, second);
    List<String> steps = List.of("load", "add", "rotate", "retire");
    for (String last : steps) {
      Process process = start(SteppingMain.class, last + "-");
      try (BufferedReader out = process.inputReader()) {
        for (String step : steps.subList(0, steps.indexOf(last) + 1)) {
          assertThat(out.readLine()).isEqualTo("at " + step);
          for (int i = 0; i < SteppingMain.EACH; i++) {
            sent.add(last + "-" + step + i);
          }
          if (!step.equals(last)) {
            tell(process, "");
          }
        }
      } finally {
        kill(process);
      }
    }
    try (RedisConnection redis = RedisConnection.connect(server.url());
        StreamWorker worker = worker(redis)) {
      await().atMost(SOON).until(() -> handled.size() >= sent.size());
      assertThat(handled).containsExactlyInAnyOrderElementsOf(sent);
      assertThat(DeadLetters.of(redis).count(tenant, "payments", "billing")).isZero();
      assertThat(worker.stats()).isNotNull();
    }
    assertThat(sides.payloads("payments")).hasSize(sent.size());
    assertThat(sides.versionsInStream("payments")).isEqualTo(sides.buffer("board"));
  }

  @Test
  void aReaderKilledAtAnyStepLosesNothing() throws Exception {
    publishers.load(tenant, first, List.of());
    try (RedisConnection redis = RedisConnection.connect(server.url());
        HybridPublisher hybrid = HybridPublisher.builder(redis).build()) {
      readUntilKilled(hybrid, "first", "loaded", List.of());
      readUntilKilled(hybrid, "first", "added", List.of("add"));
      publishers.add(tenant, second);
      publishers.rotateTo(tenant, second);
      readUntilKilled(hybrid, "first", "rotated", List.of("add", "rotate"));
      readUntilKilled(hybrid, "both", "rotated again", List.of("rotate"));
      readers.load(tenant, second, List.of(first)); // who was killed last may have left some
      StreamWorker last = worker(redis);
      await().atMost(SOON).until(() -> handled.containsAll(sent));
      last.close();
      readUntilKilled(hybrid, "both", "retired", List.of("rotate", "retire"));
      last = worker(redis);
      await().atMost(SOON).until(() -> handled.containsAll(sent));
      last.close();

      assertThat(handled).containsExactlyInAnyOrderElementsOf(sent);
      assertThat(DeadLetters.of(redis).count(tenant, "payments", "billing")).isZero();
    }
  }

  /** Starts a reader that does these steps, and kills it amid the messages. */
  private void readUntilKilled(
      HybridPublisher hybrid, String knows, String prefix, List<String> steps) throws Exception {
    Process process = start(ReadingMain.class, knows);
    try (BufferedReader out = process.inputReader()) {
      for (String step : steps) {
        tell(process, step);
        handledUntil(out, "done " + step);
      }
      for (int i = 0; i < EACH; i++) {
        hybrid.publish(tenant, Message.of("paid", prefix + i), route(publishers));
        sent.add(prefix + i);
      }
      handledUntil(out, "handled " + prefix);
      process.toHandle().destroyForcibly(); // the process itself would close the pipe, unread
      out.lines().forEach(this::note);
    } finally {
      kill(process);
    }
  }

  private void handledUntil(BufferedReader out, String beginning) throws IOException {
    String line;
    do {
      line = String.valueOf(out.readLine());
      assertThat(line).matches("(handled|done) .*");
      note(line);
    } while (!line.startsWith(beginning));
  }

  private void note(String line) {
    if (line.startsWith("handled ")) {
      handled.add(line.substring("handled ".length()));
    }
  }

  private Process start(Class<?> main, String... more) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                main.getName(),
                server.url(),
                tenant.name()));
    command.addAll(List.of(more));
    Stream.of(first, second)
        .forEach(
            key -> {
              command.add(key.id());
              command.add(Base64.getEncoder().encodeToString(key.secret().getEncoded()));
            });
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
  }

  private static void tell(Process process, String line) throws IOException {
    process.getOutputStream().write((line + "\n").getBytes(UTF_8));
    process.getOutputStream().flush();
  }

  private static void kill(Process process) throws InterruptedException {
    process.destroyForcibly();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
  }

  private static final class Live implements LiveListener<String> {
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
