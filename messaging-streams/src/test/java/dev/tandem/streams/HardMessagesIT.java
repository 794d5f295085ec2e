package dev.tandem.streams;

import static dev.tandem.streams.Fixture.GROUP;
import static dev.tandem.streams.Fixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.serde.Serde;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Large payloads, and entries whose every field is garbage. */
@RedisTest
class HardMessagesIT {
  private static final List<String> FIELDS =
      List.of(
          "type", "key", "headers", "data", "ttl", "version", "", "tandem_replay", "field:data");

  private final Fixture fixture;

  HardMessagesIT(RedisServer server, @UniqueTenant String tenant) {
    this.fixture = new Fixture(server.url(), tenant);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void payloadsOfOneMebibyteAreReadRetriedTakenOverAndDeadLetteredWhole() throws Exception {
    StreamTopic<byte[]> topic = StreamTopic.of(fixture.topic.name(), Serde.bytes());
    Map<Integer, byte[]> payloads = new HashMap<>();
    Map<String, Integer> numbers = new HashMap<>();
    fixture.createGroup();
    for (int number = 0; number < 12; number++) {
      byte[] payload = new byte[StreamTopic.DEFAULT_PAYLOAD_LIMIT];
      new Random(number).nextBytes(payload);
      payload[0] = (byte) number;
      payloads.put(number, payload);
      MessageId id =
          fixture.producer.sendAndWait(fixture.tenant, topic, Message.of("large", payload));
      numbers.put(id.value(), number);
    }
    fixture.readAs("dead", 4);
    Set<Integer> handled = ConcurrentHashMap.newKeySet();
    Set<Integer> changed = ConcurrentHashMap.newKeySet();
    StreamWorker worker =
        StreamWorker.builder(fixture.redis, topic)
            .tenant(fixture.tenant)
            .group(GROUP)
            .lease(Duration.ofSeconds(2))
            .retry(dev.tandem.api.RetryPolicy.fixed(Duration.ofMillis(20)).maxDeliveries(3))
            .handler(
                (message, delivery) -> {
                  int number = message.payload()[0];
                  if (!Arrays.equals(message.payload(), payloads.get(number))) {
                    changed.add(number);
                  }
                  if (number % 4 == 1 || (number % 4 == 2 && delivery.deliveries() < 3)) {
                    throw new IllegalStateException("is to fail");
                  }
                  handled.add(number);
                })
            .build();
    fixture.closeLater(worker);
    worker.start();

    await().atMost(SOON).until(() -> handled.size() == 9 && fixture.dead().size() == 3);
    await().atMost(SOON).until(() -> fixture.pending() == 0);
    assertThat(changed).isEmpty();
    for (DeadLetter letter : fixture.dead()) {
      int number = Objects.requireNonNull(numbers.get(letter.originalId().value()));
      assertThat(Arrays.equals(letter.fields().get("data"), payloads.get(number))).isTrue();
    }
  }

  @Test
  void entriesOfGarbageEndAmongTheDeadLettersOrAreHandledAndStopNothing() throws Exception {
    long seed = Long.getLong("tandem.garbage.seed", 7);
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    Set<String> written = new HashSet<>();
    fixture.createGroup();
    for (int i = 0; i < 300; i++) {
      written.add(garbage(random));
    }
    Set<String> handled = ConcurrentHashMap.newKeySet();
    StreamWorker worker =
        fixture.start((message, delivery) -> handled.add(delivery.id().value()), o -> o);
    String good = fixture.send("good").value();

    await().atMost(SOON).until(() -> handled.contains(good));
    await().atMost(SOON).until(() -> fixture.pending() == 0);
    List<String> dead = fixture.dead().stream().map(l -> l.originalId().value()).toList();
    assertThat(dead).doesNotHaveDuplicates().isNotEmpty();
    assertThat(handled).doesNotContainAnyElementsOf(dead);
    Set<String> accounted = new HashSet<>(handled);
    accounted.addAll(dead);
    written.add(good);
    assertThat(accounted).isEqualTo(written);
    assertThat(fixture.dead().stream().map(DeadLetter::reason).collect(Collectors.toSet()))
        .isSubsetOf(DeadLetterReason.NOT_READABLE, DeadLetterReason.EXPIRED);
    assertThat(worker.stats().retried()).isZero();
  }

  private String garbage(Random random) {
    Command add = Command.of("XADD").arg(fixture.stream()).arg("*");
    int pairs = 1 + random.nextInt(7);
    for (int i = 0; i < pairs; i++) {
      add.arg(FIELDS.get(random.nextInt(FIELDS.size())));
      byte[] value = new byte[random.nextInt(40)];
      random.nextBytes(value);
      if (random.nextInt(4) == 0) {
        add.arg(random.nextBoolean() ? "{\"a\":" : Long.toString(random.nextLong()));
      } else {
        add.arg(value);
      }
    }
    return Replies.text(fixture.redis.commands().execute(add));
  }
}
