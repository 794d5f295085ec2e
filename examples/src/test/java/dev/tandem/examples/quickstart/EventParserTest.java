package dev.tandem.examples.quickstart;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventParserTest {
  private final EventParser parser = new EventParser("net", "type");

  @Test
  void takesTenantTypeKeyAndTheLineAsItStands() throws RejectedLineException {
    String line =
        "{\"id\":\"x1\",\"net\":\"ak\", \"type\":\"quake\",\"mag\":2.50,\"z\":{\"net\":1}}";

    Event event = parse("  " + line + " \r");

    assertThat(event.tenant().name()).isEqualTo("ak");
    assertThat(event.message().type()).isEqualTo("quake");
    assertThat(event.message().key()).isEqualTo("x1");
    assertThat(event.message().payload()).isEqualTo(line);
  }

  @Test
  void looksAtTheOutermostObjectOnly() {
    assertRejected("{\"inner\":{\"net\":\"ak\"}}", "lacks the tenant field 'net'");
  }

  @ParameterizedTest
  @CsvSource({"7,7", "1.50,1.50", "-3,-3", "12345678901234567890123,12345678901234567890123"})
  void aNumberNamesATenantAsItIsWritten(String number, String tenant) throws RejectedLineException {
    assertThat(parse("{\"net\":" + number + "}").tenant().name()).isEqualTo(tenant);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"type\":null}",
        "{\"type\":\"\"}",
        "{\"type\":[1]}",
        "{\"type\":\"a\\n\"}",
        "{\"type\":\"\\ud800\"}"
      })
  void anEventWithoutAUsableTypeIsOfTheTypeEvent(String object) throws RejectedLineException {
    String line = object.replaceFirst("\\}$", (object.equals("{}") ? "" : ",") + "\"net\":\"a\"}");
    assertThat(parse(line).message().type()).isEqualTo("event");
  }

  @Test
  void aTypeAndAnIdMayBeNumbers() throws RejectedLineException {
    Event event = parse("{\"net\":\"a\",\"type\":3,\"id\":44}");
    assertThat(event.message().type()).isEqualTo("3");
    assertThat(event.message().key()).isEqualTo("44");
  }

  @Test
  void anEventWithoutAUsableIdHasNoKey() throws RejectedLineException {
    assertThat(parse("{\"net\":\"a\",\"id\":{\"x\":1}}").message().key()).isNull();
    assertThat(parse("{\"net\":\"a\",\"id\":\"" + "x".repeat(2_000) + "\"}").message().key())
        .isNull();
    assertThat(parse("{\"net\":\"a\",\"id\":\"\\udc00\"}").message().key()).isNull();
    assertThat(parse("{\"net\":\"a\",\"id\":\"\\ud83d\\ude00\"}").message().key())
        .isEqualTo("\ud83d\ude00");
  }

  @Test
  void oneFieldMayBeTenantTypeAndIdAtOnce() throws RejectedLineException {
    Event event = new EventParser("id", "id").parse("{\"id\":\"one\"}".getBytes(UTF_8));
    assertThat(event.tenant().name()).isEqualTo("one");
    assertThat(event.message().type()).isEqualTo("one");
    assertThat(event.message().key()).isEqualTo("one");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[1,2]",
        "7",
        "null",
        "\"text\"",
        "quake",
        "{",
        "{\"net\":\"ak\"",
        "{\"net\":\"ak\",}",
        "{net:\"ak\"}",
        "{'net':'ak'}",
        "{\"net\":\"ak\"} trailing",
        "{\"net\":\"ak\"}{}",
        "{\"net\":\"ak\",\"x\":NaN}",
        "{\"net\":\"ak\",\"x\":01}",
        "{\"net\":\"a\tk\"}",
        "// {\"net\":\"ak\"}",
        "\u0000",
        "}"
      })
  void whatIsNotOneJsonObjectIsRejected(String line) {
    assertRejected(line, "JSON object");
  }

  @ParameterizedTest
  @ValueSource(strings = {"null", "true", "[\"ak\"]", "{\"name\":\"ak\"}"})
  void aTenantIsTextOrANumber(String value) {
    assertRejected("{\"net\":" + value + "}", "neither text nor a number");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "a b", "a/b", "a:b", "{ak}", "ak*", "\\u00e4", "1e+5"})
  void aTenantKeepsTheRuleForNames(String name) {
    assertRejected("{\"net\":\"" + name + "\"}", "names a bad tenant");
  }

  @Test
  void aLineThatIsNotUtf8IsRejected() {
    byte[] latin1 = {'{', '"', 'n', 'e', 't', '"', ':', '"', (byte) 0xE4, '"', '}'};
    assertThatThrownBy(() -> parser.parse(latin1))
        .isInstanceOf(RejectedLineException.class)
        .hasMessage("is not UTF-8 text");
  }

  @Test
  void nestingIsBounded() throws RejectedLineException {
    assertThat(parse(nested(EventParser.DEEPEST - 1)).tenant().name()).isEqualTo("a");
    assertRejected(nested(EventParser.DEEPEST), "is not a JSON object");
    assertRejected(nested(400_000), "is not a JSON object");
  }

  @Test
  void whatAReasonQuotesCannotSteerATerminal() {
    assertThatThrownBy(() -> parse("\u001B[2Jevil\u0007\u009B" + "z".repeat(10_000)))
        .isInstanceOf(RejectedLineException.class)
        .message()
        .matches("[^\\p{Cntrl}\\u0080-\\u009F]*")
        .hasSizeLessThan(260);
  }

  @Test
  void anyBytesAreEitherAnEventOrRejected() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    byte[] good =
        "{\"id\":\"x1\",\"net\":\"ak\",\"type\":\"quake\",\"mag\":[2.5,{}]}".getBytes(UTF_8);
    int accepted = 0;
    for (int round = 0; round < 50_000; round++) {
      byte[] line = good.clone();
      for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
        line[random.nextInt(line.length)] = (byte) random.nextInt(256);
      }
      try {
        Event event = parser.parse(line);
        assertThat(event.message().payload().getBytes(UTF_8)).hasSizeLessThanOrEqualTo(line.length);
        accepted++;
      } catch (RejectedLineException e) {
        assertThat(e).as("seed %d, round %d", seed, round).message().isNotEmpty();
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed + ", round " + round + ": " + e, e);
      }
    }
    assertThat(accepted).as("seed %d", seed).isBetween(1, 49_999);
  }

  private static String nested(int depth) {
    return "{\"net\":\"a\",\"x\":" + "[".repeat(depth) + "]".repeat(depth) + "}";
  }

  private Event parse(String line) throws RejectedLineException {
    return parser.parse(line.getBytes(UTF_8));
  }

  private void assertRejected(String line, String reason) {
    assertThatThrownBy(() -> parse(line))
        .isInstanceOf(RejectedLineException.class)
        .hasMessageContaining(reason);
  }
}
