package dev.tandem.streams.internal.entry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.Headers;
import dev.tandem.api.Message;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.SerdeException;
import dev.tandem.api.serde.Serde;
import dev.tandem.streams.StreamTopic;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EntryFormatTest {
  private static final Tenant ACME = Tenant.of("acme");
  private static final StreamTopic<String> TOPIC = StreamTopic.of("orders", Serde.string());

  private static Message<String> decode(String... fields) {
    return EntryFormat.decode(
        ACME,
        TOPIC,
        new RawEntry(
            EntryId.parse("1-1"), Stream.of(fields).map(field -> field.getBytes(UTF_8)).toList()));
  }

  @Test
  void writesAndReadsEveryPart() {
    Message<String> message =
        Message.of("order.placed", "päyload").key("k\"ey").header("a", "\\\"é").header("b", "");
    List<byte[]> fields = EntryFormat.encode(ACME, TOPIC, message);
    assertThat(fields).hasSize(8);
    RawEntry entry = new RawEntry(EntryId.parse("1-1"), fields);
    assertThat(entry.toMap(0).keySet())
        .containsExactly(EntryFormat.TYPE, EntryFormat.KEY, EntryFormat.HEADERS, EntryFormat.DATA);
    assertThat(EntryFormat.decode(ACME, TOPIC, entry)).isEqualTo(message);
    List<byte[]> hybrid = new ArrayList<>(fields);
    hybrid.add(EntryFormat.POSITIONS.getBytes(UTF_8));
    hybrid.add("7".getBytes(UTF_8));
    assertThat(EntryFormat.decode(ACME, TOPIC, new RawEntry(EntryId.parse("1-1"), hybrid)))
        .isEqualTo(message);
  }

  @Test
  void writesAndReadsTheTimeToLiveOfMessagesThatExpire() {
    Message<String> message = Message.of("t", "p").expiresAfter(Duration.ofDays(365));
    List<byte[]> fields = EntryFormat.encode(ACME, TOPIC, message);
    RawEntry entry = new RawEntry(EntryId.parse("1-1"), fields);
    assertThat(entry.toMap(4)).containsOnlyKeys(EntryFormat.TTL);
    assertThat(fields.get(EntryFormat.DATA_VALUE)).isEqualTo("p".getBytes(UTF_8));
    assertThat(EntryFormat.ttlMillis(entry)).isEqualTo(31_536_000_000L);
    assertThat(EntryFormat.decode(ACME, TOPIC, entry)).isEqualTo(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "0",
        "-1",
        "+1",
        "1.5",
        "1e3",
        " 1",
        "31536000001",
        "18446744073709551617",
        "\u0661"
      })
  void timesToLiveThatAreNoneDoNoHarm(String ttl) {
    assertThat(decode("data", "d", "ttl", ttl).timeToLive()).isNull();
    assertThat(decode("data", "d", "ttl", "7", "ttl", ttl).timeToLive())
        .isEqualTo(Duration.ofMillis(7));
  }

  @Test
  void readsWhatOthersWrote() {
    assertThat(decode("data", "d")).isEqualTo(Message.received("", "d", null, Headers.none()));
    assertThat(decode("x", "y", "data", "d", "key", "", "type", "t", "data", "e"))
        .isEqualTo(Message.received("t", "d", null, Headers.none()));
    assertThat(decode("headers", "{\"a\":1,\"b\":true,\"c\":null,\"d\":\"e\"}", "data", ""))
        .isEqualTo(
            Message.received(
                "", "", null, Headers.received(Map.of("a", "1", "b", "true", "d", "e"))));
  }

  @ParameterizedTest
  @ValueSource(strings = {"{", "[]", "\"a\"", "{\"a\":{}}", "{\"a\":[1]}", "{} {}", "nope", "1"})
  void refusesHeadersThatAreNotOneFlatObject(String headers) {
    assertThatThrownBy(() -> decode("headers", headers, "data", "d"))
        .isInstanceOf(SerdeException.class);
  }

  @Test
  void refusesEntriesWithoutDataAndDataTheSerdeRefuses() {
    assertThatThrownBy(() -> decode("type", "t")).isInstanceOf(SerdeException.class);
    assertThatThrownBy(() -> decode()).isInstanceOf(SerdeException.class);
    StreamTopic<Integer> numbers = StreamTopic.of("n", Serde.json(Integer.class));
    RawEntry garbage =
        new RawEntry(
            EntryId.parse("1-1"), List.of("data".getBytes(UTF_8), "{garbage".getBytes(UTF_8)));
    assertThatThrownBy(() -> EntryFormat.decode(ACME, numbers, garbage))
        .isInstanceOf(SerdeException.class)
        .hasMessageNotContaining("{garbage");
    RawEntry nothing =
        new RawEntry(EntryId.parse("1-1"), List.of("data".getBytes(UTF_8), "null".getBytes(UTF_8)));
    assertThatThrownBy(() -> EntryFormat.decode(ACME, numbers, nothing))
        .isInstanceOf(SerdeException.class);
  }

  @Test
  void refusesPayloadsLargerThanTheTopicAllows() {
    StreamTopic<String> small = TOPIC.payloadLimit(2);
    assertThat(EntryFormat.encode(ACME, small, Message.of("t", "ab"))).hasSize(8);
    assertThatThrownBy(() -> EntryFormat.encode(ACME, small, Message.of("t", "é1")))
        .isInstanceOf(InvalidValueException.class);
  }

  @Test
  void idsAreReadAndComparedUnsigned() {
    assertThat(EntryId.parse("5")).isEqualTo(EntryId.parse("5-0"));
    assertThat(EntryId.parse("18446744073709551615-18446744073709551615").toString())
        .isEqualTo("18446744073709551615-18446744073709551615");
    assertThat(EntryId.parse("18446744073709551615-0")).isGreaterThan(EntryId.parse("1-1"));
    assertThat(EntryId.parse("9-10")).isGreaterThan(EntryId.parse("9-9"));
    assertThatThrownBy(() -> EntryId.parse("x-1")).isInstanceOf(InvalidValueException.class);
  }
}
