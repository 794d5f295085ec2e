package dev.tandem.streams;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.export.ExportPage;
import dev.tandem.api.serde.JsonType;
import dev.tandem.api.serde.Serde;
import dev.tandem.api.serde.SerdeContext;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.streams.eventstore.EventCategory;
import dev.tandem.streams.eventstore.EventStore;
import dev.tandem.streams.eventstore.ExpectedVersion;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@RedisTest
@Timeout(120)
class StreamExportIT {
  private static final Serde<Map<String, Object>> LINE =
      Serde.json(new JsonType<Map<String, Object>>() {});

  private final Fixture fixture;
  private final Tenant tenant;

  StreamExportIT(RedisServer server, @UniqueTenant String tenant) {
    this.fixture = new Fixture(server.url(), tenant);
    this.tenant = fixture.tenant;
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private StreamExport.Builder export() {
    return StreamExport.builder(fixture.redis, tenant);
  }

  private static List<Map<String, Object>> all(StreamExport export) {
    List<Map<String, Object>> lines = new ArrayList<>();
    String cursor = null;
    ExportPage page;
    do {
      page = export.page(cursor);
      page.lines().forEach(line -> lines.add(parsed(line)));
      cursor = page.cursor();
    } while (!page.isLast());
    return lines;
  }

  private static Map<String, Object> parsed(String line) {
    assertThat(line).doesNotContain("\n", "\r");
    return LINE.deserialize(line.getBytes(UTF_8), new SerdeContext("test", "test"));
  }

  private static @Nullable Object detail(Map<String, Object> line, String name) {
    return ((Map<?, ?>) Objects.requireNonNull(line.get("details"))).get(name);
  }

  @Test
  void everyMessageIsOneLineWithAllThatBelongsToIt() throws Exception {
    MessageId poison = fixture.send("poison");
    StreamWorker worker =
        fixture.start(
            (message, delivery) -> {
              if (message.payload().equals("poison")) {
                throw new IllegalStateException("cannot");
              }
            },
            options -> options.retry(RetryPolicy.fixed(Duration.ofMillis(1)).maxDeliveries(1)));
    await().until(() -> fixture.dead().size() == 1);
    worker.close();
    MessageId sent =
        fixture.producer.sendAndWait(
            tenant,
            fixture.topic,
            Message.of("order.placed", "r\u00e9sum\u00e9 \"1\"\n")
                .key("c-1")
                .header("trace", "4bf9"));
    fixture.run("XADD", fixture.stream(), "*", "by", "hand");
    EventStore.of(fixture.redis)
        .append(
            tenant,
            EventCategory.of("accounts", Serde.string()),
            "acc 1",
            ExpectedVersion.any(),
            List.of(Message.of("opened", "event")));
    StreamScheduler.of(fixture.redis)
        .sendAfter(tenant, fixture.topic, Message.of("later", "soon"), Duration.ofHours(1));

    List<Map<String, Object>> lines =
        all(export().topic("orders", Serde.string()).events("accounts", Serde.string()).build());

    assertThat(lines)
        .extracting(line -> line.get("kind"))
        .contains("scheduled", "event", "stream", "dead-letter");
    assertThat(lines).allSatisfy(line -> assertThat(line.get("tenant")).isEqualTo(tenant.name()));
    Map<String, Object> first =
        lines.stream()
            .filter(line -> "stream".equals(line.get("kind"))) // an event may have the same id
            .filter(line -> sent.value().equals(line.get("id")))
            .findFirst()
            .orElseThrow();
    assertThat(first)
        .containsEntry("topic", "orders")
        .containsEntry("type", "order.placed")
        .containsEntry("key", "c-1")
        .containsEntry("headers", Map.of("trace", "4bf9"))
        .containsEntry("payload", "r\u00e9sum\u00e9 \"1\"\n")
        .containsKey("time");
    Map<String, Object> dead = ofKind(lines, "dead-letter");
    assertThat(dead).containsEntry("group", Fixture.GROUP).containsEntry("payload", "poison");
    assertThat(detail(dead, "originalId")).isEqualTo(poison.value());
    assertThat(detail(dead, "exception")).asString().contains("cannot");
    Map<String, Object> event = ofKind(lines, "event");
    assertThat(event).containsEntry("category", "accounts").containsEntry("payload", "event");
    assertThat(detail(event, "aggregate")).isEqualTo("acc 1");
    assertThat(ofKind(lines, "scheduled")).containsEntry("payload", "soon");
    assertThat(lines.stream().filter(line -> line.containsKey("fields")))
        .singleElement()
        .satisfies(
            line ->
                assertThat(line.get("fields"))
                    .isEqualTo(
                        Map.of("by", Base64.getEncoder().encodeToString("hand".getBytes(UTF_8)))));
  }

  private static Map<String, Object> ofKind(List<Map<String, Object>> lines, String kind) {
    return lines.stream().filter(line -> kind.equals(line.get("kind"))).findFirst().orElseThrow();
  }

  @Test
  void withoutASerdePayloadsAreRawAndUnreadableOnesSayWhy() {
    fixture.send("no number");
    assertThat(all(export().build()))
        .singleElement()
        .satisfies(
            line ->
                assertThat(line)
                    .containsEntry(
                        "payloadBase64",
                        Base64.getEncoder().encodeToString("no number".getBytes(UTF_8)))
                    .doesNotContainKeys("payload", "error"));
    assertThat(all(export().topic("orders", Serde.json(Integer.class)).build()))
        .singleElement()
        .satisfies(
            line -> {
              assertThat(line).containsKey("payloadBase64").doesNotContainKey("payload");
              assertThat(line.get("error")).asString().contains("is not JSON for");
            });
  }

  @Test
  void goesOnFromACursorInAnotherProcessAtEveryStep(FaultProxy proxy, @UniqueTenant String name) {
    Tenant neighbour = Tenant.of(tenant + "2");
    fixture.sendTogether(neighbour, List.of(Message.of("test", "not mine")));
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      StreamTopic<String> topic = StreamTopic.of("t" + i, Serde.string());
      for (int j = 0; j < 9; j++) {
        expected.add("m" + i + "-" + j);
        fixture.producer.sendAndWait(tenant, topic, Message.of("test", "m" + i + "-" + j));
      }
    }
    List<String> got = new ArrayList<>();
    String cursor = null;
    boolean last = false;
    int failures = 0;
    for (int attempt = 0; !last; attempt++) {
      // Each page is asked for by an export of its own, which is cut off at one step after another.
      AtomicInteger left = new AtomicInteger(attempt % 20);
      proxy.executeButDropReply(
          line ->
              line.matches("(?s)(SCAN|INFO|XRANGE|XREVRANGE) .*") && left.getAndDecrement() == 0);
      try (RedisConnection cutOff =
          RedisConnection.builder()
              .url(proxy.url())
              .retry(1, Duration.ofMillis(1))
              .lazy()
              .build()) {
        StreamExport.Builder builder = StreamExport.builder(cutOff, tenant).pageSize(4);
        for (int i = 0; i < 5; i++) {
          builder.topic("t" + i, Serde.string());
        }
        ExportPage page = builder.build().page(cursor);
        page.lines().forEach(line -> got.add(String.valueOf(parsed(line).get("payload"))));
        cursor = page.cursor();
        last = page.isLast();
      } catch (MessagingException e) {
        assertThat(e.code()).isIn(ErrorCode.OUTCOME_UNKNOWN, ErrorCode.UNAVAILABLE);
        failures++;
      }
      proxy.heal();
    }
    assertThat(got).containsExactlyElementsOf(expected);
    assertThat(failures).isPositive();
  }

  @Test
  void whatIsPublishedAfterAStreamsTurnBeganIsNotWaitedFor() {
    fixture.send(10);
    StreamExport export = export().topic("orders", Serde.string()).pageSize(3).build();
    List<String> got = new ArrayList<>();
    String cursor = null;
    ExportPage page;
    do {
      page = export.page(cursor);
      page.lines().forEach(line -> got.add(String.valueOf(parsed(line).get("payload"))));
      cursor = page.cursor();
      fixture.send("more");
    } while (!page.isLast());
    assertThat(got)
        .containsExactlyElementsOf(IntStream.range(0, 10).mapToObj(i -> "m" + i).toList());
  }

  @Test
  void cursorsOfOthersAreRefused() {
    fixture.send(3);
    String cursor = export().pageSize(1).build().page(null).cursor();
    Tenant other = Tenant.of(tenant + "2");
    StreamExport ofOther = StreamExport.builder(fixture.redis, other).build();
    assertThatThrownBy(() -> ofOther.page(cursor))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("of tenant " + other);
    for (String bad : List.of("", "x", cursor + "A", cursor.substring(1), "*".repeat(9_000))) {
      assertThatThrownBy(() -> export().build().page(bad))
          .as(bad)
          .isInstanceOf(InvalidValueException.class);
    }
  }

  @Test
  void whatOthersPutThereDoesNotEndTheExport() {
    KeyLayout layout = KeyLayout.of(fixture.redis);
    RedisKey wrong = layout.stream(tenant, "wrong").stream();
    fixture.redis.commands().execute(Command.of("SET").key(wrong).arg("text"));
    fixture.run(
        "XADD", fixture.stream(), "*", "type", "t", "headers", "{\"h\":\"\\ud800\"}", "data", "x");
    fixture.run("XADD", fixture.stream(), "*", "headers", "[1]", "data", "x");
    fixture.run("SET", "tenant:" + tenant + ":stream:we ird", "x");

    List<Map<String, Object>> lines = all(export().build());

    assertThat(lines).hasSize(3);
    assertThat(lines.get(0)).containsEntry("headers", Map.of("h", "?"));
    assertThat(lines.get(1)).containsKeys("fields", "error");
    assertThat(lines.get(2)).containsEntry("id", wrong.text()).containsKey("error");
  }

  @Test
  void tenThousandMessagesTakeFewCalls() {
    // The calls that look for the streams are as many as the keys of the server require.
    try (RedisServer own = RedisServer.start();
        Fixture there = new Fixture(own.url(), tenant.name());
        RedisConnection redis = RedisConnection.connect(own.url())) {
      there.sendTogether(
          tenant, IntStream.range(0, 10_000).mapToObj(i -> Message.of("test", "m" + i)).toList());
      List<Map<String, Object>> lines =
          all(StreamExport.builder(redis, tenant).topic("orders", Serde.string()).build());
      assertThat(lines)
          .extracting(line -> line.get("payload"))
          .containsExactlyElementsOf(IntStream.range(0, 10_000).mapToObj(i -> "m" + i).toList());
      assertThat(redis.stats().roundTrips()).isLessThan(100);
    }
  }
}
