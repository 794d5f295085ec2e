package dev.tandem.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.SerdeException;
import dev.tandem.api.serde.Serde;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@RedisTest
class StreamReaderIT {
  private final Fixture fixture;
  private final StreamReader reader;

  StreamReaderIT(RedisServer server, @UniqueTenant String tenant) {
    fixture = new Fixture(server.url(), tenant);
    reader = StreamReader.of(fixture.redis);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private static List<String> payloads(List<StreamMessage<String>> page) {
    return page.stream().map(message -> message.message().payload()).toList();
  }

  private List<StreamMessage<String>> range(StreamRange range, int limit) {
    return reader.range(fixture.tenant, fixture.topic, range, limit);
  }

  @Test
  void readsRangesInBothDirectionsPageByPage() {
    assertThat(range(StreamRange.all(), 10)).isEmpty();
    List<MessageId> ids = fixture.send(5);
    assertThat(payloads(range(StreamRange.all(), 10)))
        .containsExactly("m0", "m1", "m2", "m3", "m4");
    assertThat(payloads(range(StreamRange.all(), 2))).containsExactly("m0", "m1");
    assertThat(payloads(range(StreamRange.all().after(ids.get(1)), 2))).containsExactly("m2", "m3");
    assertThat(payloads(range(StreamRange.all().from(ids.get(1)).to(ids.get(3)), 9)))
        .containsExactly("m1", "m2", "m3");
    assertThat(payloads(range(StreamRange.all().before(ids.get(1)), 9))).containsExactly("m0");
    assertThat(payloads(reader.reverseRange(fixture.tenant, fixture.topic, StreamRange.all(), 2)))
        .containsExactly("m4", "m3");
    StreamRange rest = StreamRange.all().before(ids.get(3));
    assertThat(payloads(reader.reverseRange(fixture.tenant, fixture.topic, rest, 9)))
        .containsExactly("m2", "m1", "m0");
    assertThat(payloads(reader.since(fixture.tenant, fixture.topic, ids.get(2), 9)))
        .containsExactly("m3", "m4");
    assertThat(reader.get(fixture.tenant, fixture.topic, ids.get(2)).orElseThrow().id())
        .isEqualTo(ids.get(2));
    assertThat(reader.get(fixture.tenant, fixture.topic, MessageId.of("1-1"))).isEmpty();
  }

  @Test
  void readsByTheTimeOfPublishing() {
    for (String id : List.of("1000-7", "2000-0", "2000-1", "3000-0")) {
      fixture.run("XADD", fixture.stream(), id, "data", "t" + id);
    }
    List<StreamMessage<String>> page =
        reader.between(
            fixture.tenant,
            fixture.topic,
            Instant.ofEpochMilli(1_000).plusNanos(1),
            Instant.ofEpochMilli(3_000),
            10);
    assertThat(payloads(page)).containsExactly("t2000-0", "t2000-1");
    assertThat(page.get(0).publishedAt()).isEqualTo(Instant.ofEpochMilli(2_000));
    assertThat(page.get(0).tenant()).isEqualTo(fixture.tenant);
    assertThat(page.get(0).topic()).isEqualTo("orders");
    assertThat(range(StreamRange.all().before(Instant.EPOCH), 1)).isEmpty();
  }

  @Test
  void oneUnreadableEntryDoesNotSpoilAPage() {
    fixture.send("a");
    fixture.run("XADD", fixture.stream(), "*", "other", "x", "headers", "{");
    fixture.send("b");
    List<StreamMessage<String>> page = range(StreamRange.all(), 10);
    assertThat(page).extracting(StreamMessage::isReadable).containsExactly(true, false, true);
    StreamMessage<String> unreadable = page.get(1);
    assertThat(unreadable.fields()).containsOnlyKeys("other", "headers");
    assertThat(unreadable.error().orElseThrow()).hasMessageContaining(unreadable.id().value());
    assertThatThrownBy(unreadable::message).isInstanceOf(SerdeException.class);
    assertThat(page.get(0).error()).isEmpty();
    assertThat(page.get(0).fields()).isEmpty();
    assertThatThrownBy(
            () -> reader.strict().range(fixture.tenant, fixture.topic, StreamRange.all(), 10))
        .isInstanceOf(SerdeException.class)
        .hasMessageContaining(unreadable.id().value());
  }

  @Test
  void readsSeveralTopicsInOneCall() {
    StreamTopic<byte[]> refunds = StreamTopic.of("refunds", Serde.bytes());
    StreamTopic<String> none = StreamTopic.of("none", Serde.string());
    List<MessageId> ids = fixture.send(3);
    fixture.producer.sendAndWait(fixture.tenant, refunds, Message.of("t", new byte[] {1}));
    long before = fixture.redis.stats().roundTrips();
    Map<String, List<StreamMessage<Object>>> pages =
        reader.since(
            fixture.tenant,
            Map.of(
                fixture.topic, ids.get(0), refunds, MessageId.of("0-0"), none, MessageId.of("0-0")),
            10);
    assertThat(fixture.redis.stats().roundTrips()).isEqualTo(before + 1);
    assertThat(pages).containsOnlyKeys("orders", "refunds");
    assertThat(pages.get("orders"))
        .extracting(m -> m.message().payload())
        .containsExactly("m1", "m2");
    assertThat(pages.get("refunds")).hasSize(1);
  }

  @Test
  void refusesWhatCannotBeMeant() {
    assertThatThrownBy(() -> range(StreamRange.all(), 0))
        .isInstanceOf(InvalidValueException.class)
        .hasMessage("limit was 0: must be 1 to 10000");
    assertThatThrownBy(() -> StreamRange.all().after(MessageId.of("abc")))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("'abc'");
    assertThatThrownBy(() -> StreamRange.all().from(Instant.ofEpochMilli(-1)))
        .isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(() -> StreamPosition.at(Instant.MAX))
        .isInstanceOf(InvalidValueException.class);
    StreamTopic<String> twin = StreamTopic.of("orders", Serde.string());
    assertThatThrownBy(
            () ->
                reader.tail(
                    fixture.tenant, List.of(fixture.topic, twin), StreamPosition.beginning()))
        .isInstanceOf(InvalidValueException.class);
    assertThatThrownBy(() -> reader.since(fixture.tenant, Collections.emptyMap(), 1))
        .isInstanceOf(InvalidValueException.class);
    try (StreamTail<String> tail =
        reader.tail(fixture.tenant, fixture.topic, StreamPosition.now())) {
      assertThatThrownBy(() -> tail.poll(Duration.ofMillis(-1)))
          .isInstanceOf(InvalidValueException.class);
    }
  }
}
