package dev.tandem.pubsub.internal.frame;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Base64;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Base64TextTest {
  private static final int MARGIN = 5;

  @Test
  void writesAndReadsWhatJavasOwnDoesInTheMiddleOfOtherBytes() {
    Random random = new Random(1);
    for (int length = 0; length < 300; length++) {
      byte[] bytes = new byte[length];
      random.nextBytes(bytes);
      byte[] digits = Base64.getEncoder().encode(bytes);
      byte[] all = new byte[MARGIN + digits.length + MARGIN];
      Arrays.fill(all, (byte) '#');

      int end = Base64Text.encode(bytes, all, MARGIN);

      assertThat(end).isEqualTo(MARGIN + digits.length);
      assertThat(Base64Text.length(length)).isEqualTo(digits.length);
      assertThat(Arrays.copyOfRange(all, MARGIN, end)).isEqualTo(digits);
      assertThat(Arrays.copyOfRange(all, end, all.length)).containsOnly('#');
      assertThat(Base64Text.decode(all, MARGIN, end)).isEqualTo(bytes);
      byte[] unpadded = Base64.getEncoder().withoutPadding().encode(bytes);
      assertThat(Base64Text.decode(unpadded, 0, unpadded.length)).isEqualTo(bytes);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"=", "==", "A", "A===", "AAAAA", "AA=A", "AAAA====", "AAAA=", "AAA=AAAA"})
  void refusesWhatJavasOwnRefuses(String text) {
    assertThatThrownBy(() -> Base64.getDecoder().decode(text))
        .isInstanceOf(IllegalArgumentException.class);
    byte[] bytes = text.getBytes(US_ASCII);
    assertThatThrownBy(() -> Base64Text.decode(bytes, 0, bytes.length))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void refusesAnyOtherByteAtAnyPlace() {
    byte[] good = Base64.getEncoder().encode(new byte[40]);
    for (int place = 0; place < good.length - 2; place++) {
      for (int value = 0; value < 256; value++) {
        byte[] bytes = good.clone();
        bytes[place] = (byte) value;
        boolean isDigit = Character.isLetterOrDigit(value) && value < 128;
        if (!isDigit && value != '+' && value != '/') {
          assertThatThrownBy(() -> Base64Text.decode(bytes, 0, bytes.length))
              .isInstanceOf(IllegalArgumentException.class);
        }
      }
    }
  }
}
