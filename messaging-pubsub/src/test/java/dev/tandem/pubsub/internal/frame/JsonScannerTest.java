package dev.tandem.pubsub.internal.frame;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

class JsonScannerTest {
  private static final JsonFactory JACKSON = new JsonFactory();
  private static final int DEPTH = 500;

  private static boolean takes(byte[] bytes) {
    JsonScanner json = new JsonScanner(bytes, DEPTH);
    try {
      json.skip();
      json.end();
      return true;
    } catch (FrameFormatException e) {
      return false;
    }
  }

  /** Whether a widely used parser takes it as one value, its texts looked at. */
  private static boolean jacksonTakes(byte[] bytes) {
    try (JsonParser json = JACKSON.createParser(ObjectReadContext.empty(), bytes)) {
      int depth = 0;
      do {
        JsonToken token = json.nextToken();
        if (token == null) {
          return false;
        }
        if (token == JsonToken.VALUE_STRING || token == JsonToken.PROPERTY_NAME) {
          json.getString();
        }
        depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
      } while (depth > 0);
      return json.nextToken() == null;
    } catch (JacksonException e) {
      return false;
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0",
        "-0",
        "1.5e-7",
        "[1,[],{\"a\":{}}]",
        " {\"a\" : \"\\u00e4\\n\" , \"b\":null}\n",
        "true",
        "\"\u007f\u00fc\ud83d\ude00\""
      })
  void takesJson(String text) {
    assertThat(takes(text.getBytes(UTF_8))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "01",
        "-",
        "1.",
        "1e",
        ".5",
        "+1",
        "[1,]",
        "[,1]",
        "{\"a\"}",
        "{\"a\":1,}",
        "{a:1}",
        "'a'",
        "\"\t\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"open",
        "tru",
        "nul",
        "truee",
        "1 2",
        "[1}",
        "NaN",
        "[1",
        "{\"a\":1]",
        "\ufeff1",
        "\"\u0000\""
      })
  void refusesAllElse(String text) {
    assertThat(takes(text.getBytes(UTF_8))).isFalse();
  }

  @Test
  void refusesBrokenUtf8() {
    List<int[]> broken =
        List.of(
            new int[] {0x80}, // nothing before it
            new int[] {0xc3}, // cut
            new int[] {0xc0, 0x80}, // longer than needed
            new int[] {0xe0, 0x9f, 0xbf},
            new int[] {0xf0, 0x8f, 0xbf, 0xbf},
            new int[] {0xed, 0xa0, 0x80}, // half a pair
            new int[] {0xf4, 0x90, 0x80, 0x80}, // beyond Unicode
            new int[] {0xf5, 0x80, 0x80, 0x80},
            new int[] {0xe2, 0x82, 0x41});
    for (int[] bytes : broken) {
      ByteArrayOutputStream text = new ByteArrayOutputStream();
      text.write('"');
      for (int value : bytes) {
        text.write(value);
      }
      text.write('"');
      assertThat(takes(text.toByteArray())).as("%x", bytes[0]).isFalse();
    }
  }

  @Test
  void findsWhatEndsATextAtAnyPlace() throws Exception {
    for (int length = 0; length < 40; length++) {
      String plain = "x".repeat(length);
      JsonScanner json = new JsonScanner(('"' + plain + "\"  ").getBytes(UTF_8), DEPTH);
      assertThat(json.text()).isEqualTo(plain);
      assertThat(json.isPlain()).isTrue();
      json.end();
      for (String odd : List.of("\\n", "\u007f", "\u00fc", "\u20ac", "\ud83d\ude00", "\\\\")) {
        JsonScanner other =
            new JsonScanner(('"' + plain + odd + plain + '"').getBytes(UTF_8), DEPTH);
        String meant = odd.equals("\\n") ? "\n" : odd.equals("\\\\") ? "\\" : odd;
        assertThat(other.text(plain)).isEqualTo(plain + meant + plain);
        assertThat(other.isPlain()).isFalse();
      }
      for (int control = 0; control < ' '; control++) {
        assertThat(takes(('"' + plain + (char) control + plain + '"').getBytes(UTF_8))).isFalse();
      }
    }
  }

  @Test
  void readsEscapesAndNames() throws Exception {
    JsonScanner json =
        new JsonScanner(
            "{\"\\u0069d\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u20ac\\ud83d\\ude00\"}".getBytes(UTF_8),
            DEPTH);
    assertThat(json.enter('{')).isTrue();
    json.name();
    assertThat(json.is("id".getBytes(UTF_8))).isTrue();
    assertThat(json.text()).isEqualTo("\"\\/\b\f\n\r\t\u20ac\ud83d\ude00");
    assertThat(json.more('{')).isFalse();
    json.end();
  }

  @Test
  void readsWholeNumbersOnly() throws Exception {
    assertThat(new JsonScanner(" -12 ".getBytes(UTF_8), DEPTH).wholeNumber()).isEqualTo(-12);
    for (String no : List.of("1.0", "1e3", "9223372036854775808", "\"1\"", "null")) {
      assertThatThrownBy(() -> new JsonScanner(no.getBytes(UTF_8), DEPTH).wholeNumber())
          .isInstanceOf(FrameFormatException.class);
    }
  }

  @Test
  void agreesWithAnotherParser() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    byte[] good =
        "{\"a\":[1,-2.5e3,true,null,\"t\\n\\u00e4x\"],\"b\":{\"c\":\"plain text of some length\"}}"
            .getBytes(UTF_8);
    String alphabet = "{}[]:,\"\\0123456789.eE+-truefalsn \n\u0001x";
    for (int round = 0; round < 50_000; round++) {
      byte[] altered = good.clone();
      for (int i = random.nextInt(3); i >= 0; i--) {
        altered[random.nextInt(altered.length)] =
            (byte) alphabet.charAt(random.nextInt(alphabet.length()));
      }
      assertThat(takes(altered))
          .as("seed %d, round %d: %s", seed, round, new String(altered, UTF_8))
          .isEqualTo(jacksonTakes(altered));
    }
  }
}
