package dev.tandem.api.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.CharBuffer;
import org.junit.jupiter.api.Test;

class InvalidValueExceptionTest {
  @Test
  void saysWhatValueAndRule() {
    InvalidValueException error = new InvalidValueException("concurrency", 0, "must be 1 to 1024");

    assertThat(error).hasMessage("concurrency was 0: must be 1 to 1024").hasNoCause();
    assertThat(error.what()).isEqualTo("concurrency");
    assertThat(error.code()).isEqualTo(ErrorCode.INVALID_VALUE);
    assertThat(error.retryable()).isFalse();
  }

  @Test
  void keepsItsCause() {
    NumberFormatException cause = new NumberFormatException();

    assertThat(new InvalidValueException("n", "x", "must be a number", cause)).hasCause(cause);
  }

  @Test
  void quotesTextAndNamesNull() {
    assertThat(new InvalidValueException("a", "b", "c")).hasMessage("a was 'b': c");
    assertThat(new InvalidValueException("a", null, "c")).hasMessage("a was null: c");
  }

  @Test
  void escapesWhatWouldBreakALogLineOrHideInIt() {
    assertThat(new InvalidValueException("a", "x\r\n\u0000\u202e\u2028\u2029\ud800y", "c"))
        .hasMessage("a was 'x\\u000d\\u000a\\u0000\\u202e\\u2028\\u2029\\ud800y': c");
  }

  @Test
  void cutsLongValuesBetweenCharacters() {
    assertThat(new InvalidValueException("a", "é".repeat(80), "c"))
        .hasMessage("a was '" + "é".repeat(80) + "': c");
    assertThat(new InvalidValueException("a", "😀".repeat(81), "c"))
        .hasMessage("a was '" + "😀".repeat(80) + "'… (162 characters): c");
    assertThat(new InvalidValueException("a", CharBuffer.wrap("x".repeat(1_000)), "c"))
        .hasMessage("a was '" + "x".repeat(80) + "'… (1000 characters): c");
  }
}
