package dev.tandem.api.serde;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.Seeded;
import dev.tandem.api.error.SerdeException;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PlainSerdesTest {
  private static final SerdeContext CONTEXT = new SerdeContext("acme", "orders");

  @Test
  void bytesPassThroughUncopied() {
    byte[] bytes = {1, 2, 3};

    assertThat(Serde.bytes().serialize(bytes, CONTEXT)).isSameAs(bytes);
    assertThat(Serde.bytes().deserialize(bytes, CONTEXT)).isSameAs(bytes);
    assertThat(Serde.bytes().isJson()).isFalse();
  }

  @Test
  void textRoundTrips() {
    for (String text : new String[] {"", "plain", "grüße", "日本語", "😀 and \u0000 \uffff"}) {
      byte[] bytes = Serde.string().serialize(text, CONTEXT);

      assertThat(bytes).isEqualTo(text.getBytes(UTF_8));
      assertThat(Serde.string().deserialize(bytes, CONTEXT)).isEqualTo(text);
    }
    assertThat(Serde.string().isJson()).isFalse();
  }

  @Test
  void textThatUtf8CannotCarryIsRefusedNotReplaced() {
    for (String half : new String[] {"secret\ud83d", "secret\ude00", "\ude00\ud83dsecret"}) {
      assertThatThrownBy(() -> Serde.string().serialize(half, CONTEXT))
          .isInstanceOf(SerdeException.class)
          .hasMessage("text of " + half.length() + " characters holds half a surrogate pair");
    }
  }

  @Test
  void bytesThatAreNotUtf8AreRefusedNotReplaced() {
    byte[] bytes = {'a', (byte) 0xff};

    assertThatThrownBy(() -> Serde.string().deserialize(bytes, CONTEXT))
        .isInstanceOfSatisfying(
            SerdeException.class,
            error -> {
              assertThat(error.tenant()).contains("acme");
              assertThat(error.destination()).contains("orders");
            })
        .hasMessage("payload of 2 bytes is not UTF-8 text");
  }

  @Test
  void anyBytesAreTextThatRoundTripsOrAreRefused() {
    Random random = Seeded.random();
    byte[] valid = "grüße, 日本語, 😀".getBytes(UTF_8);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = Seeded.mutated(random, valid);
      try {
        String text = Serde.string().deserialize(bytes, CONTEXT);
        assertThat(Serde.string().serialize(text, CONTEXT)).isEqualTo(bytes);
      } catch (SerdeException e) {
        assertThat(new String(bytes, UTF_8)).contains("\ufffd");
      }
    }
  }

  @Test
  @SuppressWarnings("NullAway") // What a caller without null checks may pass.
  void aContextNeedsBothParts() {
    assertThatThrownBy(() -> new SerdeContext(null, "orders")).hasMessage("tenant");
    assertThatThrownBy(() -> new SerdeContext("acme", null)).hasMessage("destination");
  }
}
