package dev.tandem.pubsub.internal.frame;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

class PayloadTextTest {
  private static final String[] PIECES = {
    "",
    "a",
    "plain text of some length",
    "\"",
    "\\",
    "\n",
    "\r",
    "\t",
    "\b",
    "\u0000",
    "\u001f",
    "\u007f",
    "\u00fc",
    "\u20ac",
    "\ud83d\ude00",
    "/",
    "{\"a\":1}"
  };

  private static byte[] quoted(byte[] payload) {
    byte[] text = new byte[PayloadText.length(payload) + 2];
    text[0] = '"';
    int end = PayloadText.encode(payload, text, 1);
    assertThat(end).isEqualTo(text.length - 1);
    text[end] = '"';
    return text;
  }

  private static byte[] decoded(byte[] quoted) throws FrameFormatException {
    return PayloadText.decode(quoted, 1, quoted.length - 1);
  }

  @Test
  void anyTextComesBackAndIsJsonToOthers() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    JsonMapper others = JsonMapper.shared();
    for (int round = 0; round < 5_000; round++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(8); i > 0; i--) {
        text.append(PIECES[random.nextInt(PIECES.length)]);
      }
      byte[] payload = text.toString().getBytes(UTF_8);
      byte[] quoted = quoted(payload);
      assertThat(decoded(quoted)).as("seed %s", seed).isEqualTo(payload);
      assertThat(others.readValue(quoted, String.class))
          .as("seed %s", seed)
          .isEqualTo(text.toString());
      byte[] byOthers = others.writeValueAsBytes(text.toString());
      assertThat(decoded(byOthers)).as("seed %s", seed).isEqualTo(payload);
    }
  }

  @ParameterizedTest
  @CsvSource({"\\u00fc\\u20AC,\u00fc\u20ac", "\\ud83d\\ude00,\ud83d\ude00", "x\\b\\f\\/x,x\b\f/x"})
  void readsWhatOthersMayWrite(String written, String text) throws Exception {
    assertThat(decoded(('"' + written + '"').getBytes(UTF_8))).asString(UTF_8).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\\ud83d", "\\ude00", "\\ude00\\ud83d", "a\\ud83dz"})
  void halfACharacterIsNoText(String written) {
    byte[] quoted = ('"' + written + '"').getBytes(UTF_8);
    assertThatThrownBy(() -> decoded(quoted)).isInstanceOf(FrameFormatException.class);
  }

  @Test
  void whatIsNotUtf8IsNoText() {
    byte[][] none = {
      {(byte) 0x80},
      {(byte) 0xc0, (byte) 0x80},
      {(byte) 0xed, (byte) 0xa0, (byte) 0x80},
      {(byte) 0xf5, (byte) 0x80, (byte) 0x80, (byte) 0x80},
      {'a', 'b', (byte) 0xe2, (byte) 0x82},
      {'a', (byte) 0xff}
    };
    for (byte[] payload : none) {
      assertThat(PayloadText.length(payload)).as(Arrays.toString(payload)).isEqualTo(-1);
    }
  }
}
