package dev.tandem.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.MessageId;
import dev.tandem.api.error.InvalidValueException;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StartPositionTest {
  @Test
  void saysWhatIsPassedOver() {
    assertThat(StartPosition.BEGINNING.lastPassedOver()).isEqualTo("0-0");
    assertThat(StartPosition.NOW.lastPassedOver()).isEqualTo("$");
    assertThat(StartPosition.after(MessageId.of("15-3")).lastPassedOver()).isEqualTo("15-3");
    assertThat(StartPosition.at(Instant.ofEpochSecond(1, 1)).lastPassedOver())
        .isEqualTo("999-18446744073709551615");
    assertThat(StartPosition.at(Instant.EPOCH)).isEqualTo(StartPosition.BEGINNING);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"k3x9q0a7-42", "15", "-1-0", "1-2-3", "+1-0", "1-99999999999999999999", "$", "0-"})
  void refusesWhatIsNoIdOfAStreamEntry(String id) {
    assertThatThrownBy(() -> StartPosition.after(MessageId.of(id)))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining(id);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1969-12-31T23:59:59.999Z", "+10000-01-01T00:00:00Z"})
  void refusesTimesThatNoIdBears(String time) {
    assertThatThrownBy(() -> StartPosition.at(Instant.parse(time)))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("1970");
  }

  @Test
  void areEqualIfTheyPassOverTheSame() {
    assertThat(StartPosition.after(MessageId.of("007-1")))
        .isEqualTo(StartPosition.after(MessageId.of("7-1")))
        .hasSameHashCodeAs(StartPosition.after(MessageId.of("7-1")))
        .hasToString("after 7-1")
        .isNotEqualTo(StartPosition.NOW);
  }
}
