package dev.tandem.streams;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.serde.Serde;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.batch.BatchSettings;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An idempotent producer against a server and a network that fail at random. */
@RedisTest(dedicated = true, appendOnly = true)
class ProducerFaultIT {
  private static final int SENDERS = 4;
  private static final int STREAMS = 3;
  private static final int MESSAGES = 1_500;

  private final RedisServer server;
  private final Tenant tenant;

  ProducerFaultIT(RedisServer server, @UniqueTenant String tenant) {
    this.server = server;
    this.tenant = Tenant.of(tenant);
  }

  private interface Fault {
    void happens() throws InterruptedException;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void whateverTheNetworkDoesEveryMessageIsThereOnce(long given, FaultProxy proxy)
      throws Exception {
    Random random = new Random(seedOr(given));
    everyMessageIsThereOnce(
        proxy,
        random,
        40,
        () -> {
          switch (random.nextInt(6)) {
            case 0 -> proxy.dropRepliesAndReset(1 + random.nextInt(3));
            case 1, 2 -> proxy.executeButDropReply(line -> line.startsWith("EVAL"));
            case 3 -> proxy.reset();
            case 4 -> server.execute("SCRIPT", "FLUSH");
            default -> {
              proxy.refuse();
              TimeUnit.MILLISECONDS.sleep(random.nextInt(100));
              proxy.heal();
            }
          }
        });
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void aKilledServerThatKeepsItsDataHasEveryMessageOnce(long given, FaultProxy proxy)
      throws Exception {
    Random random = new Random(seedOr(given));
    everyMessageIsThereOnce(
        proxy,
        random,
        4,
        () -> {
          TimeUnit.MILLISECONDS.sleep(100 + random.nextInt(100));
          server.kill();
          server.restart();
        });
  }

  private static long seedOr(long given) {
    long seed = Long.getLong("tandem.producer.seed", given);
    System.out.println("seed " + seed);
    return seed;
  }

  private void everyMessageIsThereOnce(FaultProxy proxy, Random random, int faults, Fault fault)
      throws Exception {
    ExecutorService senders = Executors.newFixedThreadPool(SENDERS);
    try (RedisConnection redis =
            RedisConnection.builder()
                .url(proxy.url())
                .lazy()
                .replyTimeout(Duration.ofSeconds(1))
                .circuitBreaker(1_000, Duration.ofMillis(20))
                .build();
        StreamProducer producer =
            StreamProducer.builder(redis)
                .idempotent()
                .batching(BatchSettings.DEFAULT.buffer(500, 1 << 20, Duration.ofMinutes(1)))
                .build()) {
      List<Future<List<CompletableFuture<MessageId>>>> sending = new ArrayList<>();
      for (int i = 0; i < SENDERS; i++) {
        sending.add(senders.submit(sender(producer, i, random.nextLong())));
      }
      for (int i = 0; i < faults && sending.stream().anyMatch(sender -> !sender.isDone()); i++) {
        TimeUnit.MILLISECONDS.sleep(20 + random.nextInt(40));
        fault.happens();
      }
      proxy.heal();
      for (Future<?> sender : sending) {
        sender.get();
      }
      assertThat(producer.flush(Duration.ofSeconds(60))).isTrue();
      check(sending);
      assertThat(producer.stats().resent()).isPositive();
      System.out.println(producer.stats());
    } finally {
      senders.shutdownNow();
    }
  }

  private Callable<List<CompletableFuture<MessageId>>> sender(
      StreamProducer producer, int number, long seed) {
    return () -> {
      Random random = new Random(seed);
      List<CompletableFuture<MessageId>> results = new ArrayList<>();
      for (int i = 0; i < MESSAGES; i++) {
        StreamTopic<String> topic = StreamTopic.of("s" + i % STREAMS, Serde.string());
        results.add(producer.send(tenant, topic, Message.of("t", number + ":" + i)));
        if (random.nextInt(20) == 0) {
          TimeUnit.MILLISECONDS.sleep(random.nextInt(10));
        }
      }
      return results;
    };
  }

  private void check(List<Future<List<CompletableFuture<MessageId>>>> sent)
      throws InterruptedException, ExecutionException {
    for (int stream = 0; stream < STREAMS; stream++) {
      List<RawEntry> entries = entries("s" + stream);
      for (int sender = 0; sender < SENDERS; sender++) {
        List<String> expected = new ArrayList<>();
        for (int i = stream; i < MESSAGES; i += STREAMS) {
          expected.add(sent.get(sender).get().get(i).join() + " " + sender + ":" + i);
        }
        String from = " " + sender + ":";
        assertThat(
                entries.stream()
                    .map(entry -> entry.id() + " " + text(entry))
                    .filter(line -> line.contains(from)))
            .containsExactlyElementsOf(expected);
      }
    }
  }

  @Test
  void aServerWithoutMemoryRefusesAtOnceAndWhole() {
    try (RedisConnection redis = RedisConnection.connect(server.url());
        StreamProducer producer =
            StreamProducer.builder(redis)
                .idempotent()
                .batching(BatchSettings.DEFAULT.linger(Duration.ofMillis(50)))
                .build()) {
      StreamTopic<String> topic = StreamTopic.of("full", Serde.string());
      producer.sendAndWait(tenant, topic, Message.of("t", "before"));
      server.execute("CONFIG", "SET", "maxmemory", "1");
      try {
        List<CompletableFuture<MessageId>> refused = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
          refused.add(producer.send(tenant, topic, Message.of("t", "refused")));
        }
        assertThatThrownBy(() -> refused.get(0).get(60, TimeUnit.SECONDS))
            .hasCauseInstanceOf(MessagingException.class)
            .satisfies(
                e ->
                    assertThat(e.getCause()).extracting("code").isEqualTo(ErrorCode.OUT_OF_MEMORY));
        await().until(() -> refused.stream().allMatch(CompletableFuture::isCompletedExceptionally));
      } finally {
        server.execute("CONFIG", "SET", "maxmemory", "0");
      }
      producer.sendAndWait(tenant, topic, Message.of("t", "after"));
      assertThat(entries("full").stream().map(ProducerFaultIT::text))
          .containsExactly("before", "after");
      Sent.awaitFrom(producer, new Sent(2, 100, 0, 0, 0));
    }
  }

  @Test
  void aReplyLostBeforeTheServerRanOutOfMemoryIsFound(FaultProxy proxy) {
    try (RedisConnection redis = RedisConnection.connect(proxy.url());
        StreamProducer producer = StreamProducer.builder(redis).idempotent().build()) {
      StreamTopic<String> topic = StreamTopic.of("found", Serde.string());
      proxy.executeButDropReply(
          line -> {
            boolean isIt = line.startsWith("EVAL");
            if (isIt) {
              proxy.blackHole();
            }
            return isIt;
          });
      CompletableFuture<MessageId> result = producer.send(tenant, topic, Message.of("t", "1"));
      await().until(() -> entries("found").size() == 1);
      server.execute("CONFIG", "SET", "maxmemory", "1");
      try {
        proxy.heal();
        assertThat(result.join().value()).isEqualTo(entries("found").get(0).id().toString());
      } finally {
        server.execute("CONFIG", "SET", "maxmemory", "0");
      }
    }
  }

  private List<RawEntry> entries(String topic) {
    try (RedisConnection direct = RedisConnection.connect(server.url())) {
      return Replies.list(
              direct
                  .commands()
                  .execute(
                      Command.of("XRANGE")
                          .key(KeyLayout.of(direct).stream(tenant, topic).stream())
                          .arg("-")
                          .arg("+")))
          .stream()
          .map(RawEntry::of)
          .toList();
    }
  }

  private static String text(RawEntry entry) {
    return new String(entry.toMap(0).get("data"), UTF_8);
  }
}
