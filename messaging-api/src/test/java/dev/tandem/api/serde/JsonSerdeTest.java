package dev.tandem.api.serde;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.tandem.api.Seeded;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.SerdeException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class JsonSerdeTest {
  private static final SerdeContext CONTEXT = new SerdeContext("acme", "orders");
  private static final AtomicBoolean LOADED = new AtomicBoolean();

  record Item(String sku, int count) {}

  record Order(
      String id,
      BigDecimal total,
      Instant at,
      Optional<Duration> pause,
      List<Item> items,
      @Nullable Map<String, Object> extra) {}

  record Nested(@Nullable Nested next) {}

  record Strict(int positive) {
    Strict {
      if (positive <= 0) {
        throw new IllegalArgumentException("secret " + positive);
      }
    }
  }

  record Numbers(
      int small,
      long large,
      double real,
      @Nullable BigInteger whole,
      @Nullable BigDecimal exact,
      @Nullable Instant at,
      @Nullable Duration pause) {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.CLASS)
  interface ByClass {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
  @JsonSubTypes(@JsonSubTypes.Type(value = Named.class, name = "named"))
  interface ByName {}

  record Named(int n) implements ByName {}

  static final class Canary implements ByClass {
    static {
      LOADED.set(true);
    }

    public int n;
  }

  static final class Broken {
    private final Optional<String> name = Optional.empty();

    public String getName() {
      return name.orElseThrow(() -> new IllegalStateException("secret"));
    }
  }

  private static final Serde<Order> ORDERS = Serde.json(Order.class);
  private static final Order ORDER =
      new Order(
          "o-1",
          new BigDecimal("12.50"),
          Instant.parse("2026-01-02T03:04:05.678Z"),
          Optional.of(Duration.ofSeconds(5)),
          List.of(new Item("grüße", 2), new Item("😀", 0)),
          Map.of("a", List.of(1, true)));

  @Test
  void recordsRoundTrip() {
    assertThat(ORDERS.deserialize(ORDERS.serialize(ORDER, CONTEXT), CONTEXT)).isEqualTo(ORDER);
    assertThat(ORDERS.isJson()).isTrue();
  }

  @Test
  void writesPlainJsonThatAnyLanguageReads() {
    assertThat(new String(ORDERS.serialize(ORDER, CONTEXT), UTF_8))
        .isEqualTo(
            "{\"id\":\"o-1\",\"total\":12.50,\"at\":\"2026-01-02T03:04:05.678Z\","
                + "\"pause\":\"PT5S\",\"items\":[{\"sku\":\"grüße\",\"count\":2},"
                + "{\"sku\":\"😀\",\"count\":0}],\"extra\":{\"a\":[1,true]}}");
  }

  @Test
  void genericTypesRoundTrip() {
    Serde<Map<String, List<Item>>> serde = Serde.json(new JsonType<Map<String, List<Item>>>() {});
    Map<String, List<Item>> payload = Map.of("a", List.of(new Item("x", 1)));

    assertThat(serde.deserialize(serde.serialize(payload, CONTEXT), CONTEXT)).isEqualTo(payload);
    assertThat(serde.isJson()).isTrue();
  }

  @Test
  void halfASurrogatePairRoundTrips() {
    Serde<Item> serde = Serde.json(Item.class);
    Item item = new Item("a\ud800b", 1);

    assertThat(serde.deserialize(serde.serialize(item, CONTEXT), CONTEXT)).isEqualTo(item);
  }

  @Test
  void bothSidesMayChangeAtTheirOwnPace() {
    Serde<Item> serde = Serde.json(Item.class);

    assertThat(read(serde, "{\"sku\":\"x\",\"count\":1,\"later\":{\"a\":[1]}}"))
        .isEqualTo(new Item("x", 1));
    assertThat(read(serde, "{\"sku\":\"x\"}")).isEqualTo(new Item("x", 0));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "null",
        "[]",
        "7",
        "{\"count\":null}",
        "{\"count\":\"secret\"}",
        "{\"count\":1} x",
        "{\"count\":1}{}",
        "{'count':1}",
        "{count:1}",
        "{\"count\":NaN}",
        "{\"count\":99999999999}",
        "{\"count\":[1]}",
        "\u0000",
        "{\"sku\":\"secret"
      })
  void refusesWhatIsNotOneSuchValueWithoutShowingIt(String json) {
    assertThatThrownBy(() -> read(Serde.json(Item.class), json))
        .isInstanceOfSatisfying(
            SerdeException.class,
            error -> {
              assertThat(error.tenant()).contains("acme");
              assertThat(error.destination()).contains("orders");
            })
        .hasNoCause()
        .hasMessageContaining(Item.class.getName())
        .hasMessageNotContaining("secret");
  }

  @Test
  void saysWhereTheInputBroke() {
    assertThatThrownBy(() -> read(Serde.json(Item.class), "{\"sku\":\"secret\",}"))
        .hasMessageMatching(
            "payload of 17 bytes is not JSON for .*JsonSerdeTest\\$Item"
                + " \\(StreamReadException at byte 1[67]\\)");
  }

  @Test
  void aConstructorThatRefusesIsASerdeFailure() {
    assertThatThrownBy(() -> read(Serde.json(Strict.class), "{\"positive\":-5}"))
        .isInstanceOf(SerdeException.class)
        .hasMessageContaining("ValueInstantiationException")
        .hasMessageNotContaining("-5");
  }

  @Test
  void aTypeThatCannotBeBuiltIsNamed() {
    assertThatThrownBy(() -> read(Serde.json(Runnable.class), "{\"a\":1}"))
        .isInstanceOf(SerdeException.class)
        .hasMessageEndingWith("(InvalidDefinitionException at java.lang.Runnable)");
  }

  @Test
  void aPayloadThatCannotBeWrittenIsASerdeFailure() {
    assertThatThrownBy(() -> Serde.json(Broken.class).serialize(new Broken(), CONTEXT))
        .isInstanceOf(SerdeException.class)
        .hasMessageStartingWith("cannot write " + Broken.class.getName() + " as JSON (")
        .hasMessageNotContaining("secret");
  }

  @ParameterizedTest
  @MethodSource("serdes")
  void nestingHasALimitWhateverTheType(Serde<?> serde) {
    String[] deep = {
      "[".repeat(1_000_000),
      "{\"next\":".repeat(1_000_000),
      "{\"unknown\":" + "[".repeat(1_000_000),
      "{\"unknown\":" + "{\"a\":".repeat(1_000_000),
      "{\"next\":".repeat(501) + "null" + "}".repeat(501),
      "[".repeat(501) + "]".repeat(501)
    };
    for (String json : deep) {
      assertThatThrownBy(() -> read(serde, json)).isInstanceOf(SerdeException.class);
    }
  }

  static Stream<Serde<?>> serdes() {
    return Stream.of(
        Serde.json(Nested.class),
        Serde.json(Object.class),
        Serde.json(JsonNode.class),
        Serde.json(Item.class),
        Serde.json(new JsonType<List<Object>>() {}),
        Serde.json(new JsonType<Map<String, Object>>() {}));
  }

  @Test
  void nestingBelowTheLimitRoundTripsAndAboveItIsNotWritten() {
    Serde<Nested> serde = Serde.json(Nested.class);
    Nested most = nested(500);

    assertThat(serde.serialize(serde.deserialize(serde.serialize(most, CONTEXT), CONTEXT), CONTEXT))
        .isEqualTo(serde.serialize(most, CONTEXT));
    assertThatThrownBy(() -> serde.serialize(nested(100_000), CONTEXT))
        .isInstanceOf(SerdeException.class)
        .hasMessageContaining("StreamConstraintsException");
  }

  @Test
  void hugeNumbersAreRefusedOrReadAtOnce() {
    String[] names = {"small", "large", "real", "whole", "exact", "at", "pause", "unknown"};
    String[] numbers = {
      "9".repeat(1_000_000),
      "0." + "9".repeat(1_000_000),
      "1e" + "9".repeat(1_000_000),
      "1e999999999",
      "-1e999999999",
      "1e-999999999",
      "\"1e999999999\"",
      "\"" + "9".repeat(1_000_000) + "\""
    };
    Serde<Numbers> serde = Serde.json(Numbers.class);
    Serde<Object> untyped = Serde.json(Object.class);
    for (String name : names) {
      for (String number : numbers) {
        String json = "{\"" + name + "\":" + number + "}";
        Assertions.assertTimeout(
            Duration.ofSeconds(5), () -> readsOrRefuses(serde, json.getBytes(UTF_8)));
        Assertions.assertTimeout(
            Duration.ofSeconds(5), () -> readsOrRefuses(untyped, json.getBytes(UTF_8)));
      }
    }
    assertThatThrownBy(() -> read(serde, "{\"whole\":1e999999999}"))
        .isInstanceOf(SerdeException.class);
    assertThatThrownBy(() -> read(serde, "{\"exact\":" + "9".repeat(1_001) + "}"))
        .isInstanceOf(SerdeException.class);
  }

  @Test
  void classNamesInTheInputMeanNothing() {
    String canary = Canary.class.getName();
    String[] forms = {
      "{\"@class\":\"" + canary + "\",\"n\":1}",
      "{\"@type\":\"" + canary + "\",\"n\":1}",
      "{\"@c\":\"" + canary + "\",\"n\":1}",
      "[\"" + canary + "\",{\"n\":1}]"
    };
    for (String form : forms) {
      assertThat(read(Serde.json(Object.class), form)).isInstanceOfAny(Map.class, List.class);
      assertThatThrownBy(() -> read(Serde.json(ByClass.class), form))
          .isInstanceOf(SerdeException.class);
      assertThat(LOADED).isFalse();
    }
    assertThat(read(Serde.json(Item.class), "{\"@class\":\"" + canary + "\",\"sku\":\"x\"}"))
        .isEqualTo(new Item("x", 0));
    assertThat(LOADED).isFalse();
  }

  @Test
  void subtypesThatTheAnnotationsListWork() {
    Serde<ByName> serde = Serde.json(ByName.class);

    assertThat(serde.deserialize(serde.serialize(new Named(3), CONTEXT), CONTEXT))
        .isEqualTo(new Named(3));
    assertThatThrownBy(() -> read(serde, "{\"@type\":\"other\",\"n\":1}"))
        .isInstanceOf(SerdeException.class);
  }

  @Test
  void mutatedBytesAreReadOrRefused() {
    Random random = Seeded.random();
    byte[] valid = ORDERS.serialize(ORDER, CONTEXT);
    for (int i = 0; i < 20_000; i++) {
      readsOrRefuses(ORDERS, Seeded.mutated(random, valid));
    }
  }

  @Test
  @SuppressWarnings("NullAway") // What a caller without null checks may pass.
  void needsAType() {
    assertThatThrownBy(() -> Serde.json((Class<Item>) null))
        .isInstanceOf(InvalidValueException.class)
        .hasMessage("type was null: must be given");
  }

  private static <T> T read(Serde<T> serde, String json) {
    return serde.deserialize(json.getBytes(UTF_8), CONTEXT);
  }

  private static void readsOrRefuses(Serde<?> serde, byte[] bytes) {
    try {
      assertThat((Object) serde.deserialize(bytes, CONTEXT)).isNotNull();
    } catch (SerdeException e) {
      assertThat(e).hasNoCause();
    }
  }

  private static Nested nested(int levels) {
    Nested nested = new Nested(null);
    for (int i = 1; i < levels; i++) {
      nested = new Nested(nested);
    }
    return nested;
  }
}
