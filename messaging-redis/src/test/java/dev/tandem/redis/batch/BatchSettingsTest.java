package dev.tandem.redis.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.InvalidValueException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class BatchSettingsTest {
  private static final BatchSettings DEFAULT = BatchSettings.DEFAULT;

  @Test
  void changesOnePartAtATime() {
    BatchSettings settings =
        DEFAULT.batch(5, 50).linger(Duration.ofMillis(3)).buffer(7, 70, Duration.ofSeconds(9));

    assertThat(settings)
        .isEqualTo(new BatchSettings(5, 50, Duration.ofMillis(3), 7, 70, Duration.ofSeconds(9)));
    assertThat(DEFAULT)
        .isEqualTo(
            new BatchSettings(
                1_024, 1_048_576, Duration.ZERO, 65_536, 67_108_864, Duration.ofSeconds(5)));
  }

  @Test
  void refusesWhatIsOutOfRange() {
    Duration wait = Duration.ZERO;
    assertRefused("batch entries was 0: must be 1 to 65536", () -> DEFAULT.batch(0, 1));
    assertRefused("batch entries was 65537: must be 1 to 65536", () -> DEFAULT.batch(65_537, 1));
    assertRefused("batch bytes was 0: must be 1 to 1073741824", () -> DEFAULT.batch(1, 0));
    assertRefused(
        "linger was PT-0.001S: must be PT0S to PT1M", () -> DEFAULT.linger(Duration.ofMillis(-1)));
    assertRefused(
        "linger was PT1M0.001S: must be PT0S to PT1M",
        () -> DEFAULT.linger(Duration.ofMillis(60_001)));
    assertRefused("buffer entries was 0: must be 1 to 100000000", () -> DEFAULT.buffer(0, 1, wait));
    assertRefused(
        "buffer bytes was 0: must be 1 to 9223372036854775807", () -> DEFAULT.buffer(1, 0, wait));
    assertRefused(
        "longest wait for room was PT1H0.001S: must be PT0S to PT1H",
        () -> DEFAULT.buffer(1, 1, Duration.ofHours(1).plusMillis(1)));
  }

  private static void assertRefused(String message, Runnable call) {
    assertThatThrownBy(call::run).isInstanceOf(InvalidValueException.class).hasMessage(message);
  }
}
