package dev.tandem.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PaceTest {
  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);

  @Test
  void aFewStepsComeOneAfterTheOther() {
    Pace pace = new Pace(10, now::get);
    assertThat(pace.untilDue(0)).isZero();
    assertThat(pace.untilDue(9)).isEqualTo(Pace.PER_STEP.multipliedBy(9));
  }

  @Test
  void manyStepsShareTheLongestTime() {
    Pace pace = new Pace(1_000_000, now::get);
    assertThat(pace.untilDue(500_000)).isEqualTo(Pace.LONGEST.dividedBy(2));
    assertThat(pace.untilDue(1_000_000)).isEqualTo(Pace.LONGEST);
  }

  @Test
  void aLateStepIsDueAtOnceAndTheOnesBehindItKeepTheirTime() {
    Pace pace = new Pace(10, now::get);
    now.addAndGet(Pace.PER_STEP.multipliedBy(3).toNanos());
    assertThat(pace.untilDue(2)).isEqualTo(Pace.PER_STEP.negated());
    assertThat(pace.untilDue(4)).isEqualTo(Pace.PER_STEP);
  }

  @Test
  void noStepsTakeNoTime() {
    assertThat(new Pace(0, now::get).untilDue(0)).isEqualTo(Duration.ZERO);
  }
}
