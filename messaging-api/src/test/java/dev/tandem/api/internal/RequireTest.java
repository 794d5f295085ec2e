package dev.tandem.api.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.InvalidValueException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RequireTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration MINUTE = Duration.ofMinutes(1);

  @Test
  void rangesIncludeTheirEnds() {
    assertThat(Require.inRange("n", 1, 1, 3)).isEqualTo(1);
    assertThat(Require.inRange("n", 3, 1, 3)).isEqualTo(3);
    assertThat(Require.inRange("n", 3L, 1L, 3L)).isEqualTo(3L);
    assertThat(Require.inRange("d", SECOND, SECOND, MINUTE)).isEqualTo(SECOND);
    assertThat(Require.inRange("d", MINUTE, SECOND, MINUTE)).isEqualTo(MINUTE);
  }

  @Test
  @SuppressWarnings("NullAway") // What a caller without null checks may pass.
  void refusesWhatIsOutside() {
    refused(() -> Require.inRange("n", 0, 1, 3), "n was 0: must be 1 to 3");
    refused(() -> Require.inRange("n", 4, 1, 3), "n was 4: must be 1 to 3");
    refused(() -> Require.inRange("n", 0L, 1L, 3L), "n was 0: must be 1 to 3");
    refused(() -> Require.inRange("n", 4L, 1L, 3L), "n was 4: must be 1 to 3");
    refused(
        () -> Require.inRange("d", Duration.ZERO, SECOND, MINUTE),
        "d was PT0S: must be PT1S to PT1M");
    refused(
        () -> Require.inRange("d", MINUTE.plusNanos(1), SECOND, MINUTE),
        "d was PT1M0.000000001S: must be PT1S to PT1M");
    refused(() -> Require.inRange("d", null, SECOND, MINUTE), "d was null: must be given");
    refused(() -> Require.notNull("x", null), "x was null: must be given");
  }

  @Test
  void textMayHoldAnythingThatUtf8Can() {
    assertThat(Require.text("t", "a b\u00a0é😀", 1, 9)).isEqualTo("a b\u00a0é😀");
    assertThat(Require.secretText("t", "", 0, 9)).isEmpty();
  }

  @Test
  void textRefusesControlsAndHalfPairs() {
    for (String control : new String[] {"\u0000", "\n", "\u001f", "\u007f", "\u009f"}) {
      assertThatThrownBy(() -> Require.text("t", control, 1, 9))
          .hasMessageEndingWith(": must not contain control characters");
    }
    for (String half : new String[] {"\ud83d", "\ude00", "\ud83dx", "\ude00\ud83d"}) {
      assertThatThrownBy(() -> Require.text("t", half, 1, 9))
          .hasMessageEndingWith(": must not contain half a surrogate pair");
    }
  }

  private static void refused(Runnable call, String text) {
    assertThatThrownBy(call::run).isInstanceOf(InvalidValueException.class).hasMessage(text);
  }
}
