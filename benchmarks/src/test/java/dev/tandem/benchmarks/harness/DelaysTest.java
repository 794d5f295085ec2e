package dev.tandem.benchmarks.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class DelaysTest {
  private static final double PRECISION = 0.001; // three digits

  private final Delays delays = new Delays();

  @Test
  void aPercentileIsTheDelayWithinWhichSoManyArrived() {
    for (int micros = 1; micros <= 1_000; micros++) {
      delays.took(micros * 1_000L);
    }

    assertThat(delays.percentileMicros(50)).isCloseTo(500, within(500 * PRECISION));
    assertThat(delays.percentileMicros(99)).isCloseTo(990, within(990 * PRECISION));
  }

  @Test
  void whatNeverArrivedIsLaterThanAllThatDid() {
    for (int micros = 1; micros <= 90; micros++) {
      delays.took(micros * 1_000L);
    }
    for (int i = 0; i < 10; i++) {
      delays.never();
    }

    assertThat(delays.percentileMicros(50)).isCloseTo(50, within(50 * PRECISION));
    assertThat(delays.percentileMicros(90)).isCloseTo(90, within(90 * PRECISION));
    assertThat(delays.percentileMicros(99)).isInfinite();
  }

  @Test
  void whereNothingArrivedEveryPercentileIsInfinite() {
    delays.never();

    assertThat(delays.percentileMicros(50)).isInfinite();
  }
}
