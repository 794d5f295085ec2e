package dev.tandem.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class GapTest {
  private static final Position POSITION = new Position("e1", 5, "n5");

  @Test
  void mayHaveNoStart() {
    assertThat(new Gap("board", null, POSITION, GapReason.TRIMMED).from()).isNull();
  }

  @Test
  @SuppressWarnings("NullAway") // What a caller without null checks may pass.
  void refusesMissingParts() {
    assertThatThrownBy(() -> new Gap(null, POSITION, POSITION, GapReason.TOO_FAR))
        .hasMessage("channel");
    assertThatThrownBy(() -> new Gap("board", POSITION, null, GapReason.TOO_FAR))
        .hasMessage("resumesAt");
    assertThatThrownBy(() -> new Gap("board", POSITION, POSITION, null)).hasMessage("reason");
  }
}
