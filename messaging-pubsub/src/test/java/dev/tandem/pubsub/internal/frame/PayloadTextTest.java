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
  private static final int LONGEST_ESCAPE = 6;
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
    byte[] text = new byte[payload.length * LONGEST_ESCAPE + 2];
    text[0] = '"';
    int end = PayloadText.encode(payload, text, 1, text.length - 1);
    text[end] = '"';
    return Arrays.copyOf(text, end + 1);
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
      assertThat(PayloadText.encode(payload, new byte[100], 0, 100))
          .as(Arrays.toString(payload))
          .isEqualTo(PayloadText.NO_TEXT);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"0123456789", "0123456\"9", "01\n", "01\u0000", "0123456789\u00fc"})
  void whatNeedsMoreRoomIsNotWritten(String text) {
    byte[] payload = text.getBytes(UTF_8);
    int needed = quoted(payload).length - 2;
    byte[] target = new byte[needed + 2];
    assertThat(PayloadText.encode(payload, target, 1, 1 + needed)).isEqualTo(1 + needed);
    assertThat(target[0]).isZero();
    assertThat(target[needed + 1]).isZero();
    byte[] smaller = new byte[needed + 2];
    assertThat(PayloadText.encode(payload, smaller, 1, needed)).isEqualTo(PayloadText.NO_TEXT);
    assertThat(smaller[needed]).isZero();
  }
}
