package dev.tandem.streams.internal.work;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.streams.internal.group.SweepRhythm;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LookRhythmTest {
  private final LookRhythm usual = new LookRhythm(SweepRhythm.of(Duration.ofSeconds(30)));
  private final LookRhythm quick = new LookRhythm(SweepRhythm.of(Duration.ofSeconds(2)));

  @Test
  void fewStreamsAreLookedAtAsOftenAsTheLeaseAsks() {
    assertThat(usual.active(1)).isEqualTo(Duration.ofSeconds(1));
    assertThat(usual.quiet(1)).isEqualTo(Duration.ofSeconds(5));
    assertThat(quick.active(1)).isEqualTo(Duration.ofMillis(500));
    assertThat(quick.quiet(1)).isEqualTo(Duration.ofMillis(500));
  }

  @Test
  void quietStreamsCostAHundredLooksASecondHoweverManyThereAre() {
    for (int streams : new int[] {500, 1_000, 2_000, 5_000}) {
      assertThat(usual.quiet(streams)).isEqualTo(Duration.ofMillis(10L * streams));
      assertThat(quick.quiet(streams)).isEqualTo(Duration.ofMillis(10L * streams));
    }
  }

  @Test
  void noStreamIsForgotten() {
    assertThat(usual.active(1_000)).isEqualTo(Duration.ofSeconds(2));
    assertThat(usual.active(1_000_000)).isEqualTo(Duration.ofSeconds(5));
    assertThat(usual.quiet(1_000_000)).isEqualTo(Duration.ofSeconds(100));
  }
}
