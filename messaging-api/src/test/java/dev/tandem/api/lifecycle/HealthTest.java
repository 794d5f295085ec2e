package dev.tandem.api.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.lifecycle.Health.Status;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class HealthTest {
  @Test
  void onlyUpIsUp() {
    assertThat(new Health(Status.UP, "delivering", Instant.EPOCH).isUp()).isTrue();
    assertThat(new Health(Status.DEGRADED, "reconnecting", Instant.EPOCH).isUp()).isFalse();
    assertThat(new Health(Status.DOWN, "never connected", null).isUp()).isFalse();
  }

  @Test
  @SuppressWarnings("NullAway") // What a caller without null checks may pass.
  void refusesMissingParts() {
    assertThatThrownBy(() -> new Health(null, "d", null)).hasMessage("status");
    assertThatThrownBy(() -> new Health(Status.UP, null, null)).hasMessage("detail");
  }
}
