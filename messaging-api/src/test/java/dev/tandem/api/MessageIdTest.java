package dev.tandem.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.InvalidValueException;
import org.junit.jupiter.api.Test;

class MessageIdTest {
  @Test
  void isItsText() {
    assertThat(MessageId.of("1526919030474-55"))
        .hasToString("1526919030474-55")
        .isEqualTo(new MessageId("1526919030474-55"))
        .isNotEqualTo(MessageId.of("1526919030474-56"));
    assertThat(MessageId.of("x".repeat(128)).value()).hasSize(128);
  }

  @Test
  @SuppressWarnings("NullAway") // What a caller without null checks may pass.
  void refusesWhatCannotBeAnId() {
    refused(null, "message id was null: must be given");
    refused("", "message id was '': must be 1 to 128 characters long");
    refused(
        "x".repeat(129),
        "message id was '"
            + "x".repeat(80)
            + "'… (129 characters): must be 1 to 128 characters"
            + " long");
    refused("1\u0000", "message id was '1\\u0000': must not contain control characters");
  }

  private static void refused(String value, String text) {
    assertThatThrownBy(() -> MessageId.of(value))
        .isInstanceOf(InvalidValueException.class)
        .hasMessage(text);
  }
}
