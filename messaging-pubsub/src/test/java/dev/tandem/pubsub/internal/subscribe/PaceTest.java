package dev.tandem.pubsub.internal.subscribe;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Who is quick has shown it often enough. */
class PaceTest {
  private static final long QUICK = Pace.AT_ONCE.toNanos();
  private static final long SLOW = QUICK + 1;

  private final Pace pace = new Pace();

  /** How many quick calls it takes until it counts as quick. */
  private int proof() {
    int calls = 0;
    while (!pace.isQuick()) {
      pace.took(QUICK);
      calls++;
    }
    return calls;
  }

  @Test
  void aNewOneHasToProveItself() {
    assertThat(proof()).isEqualTo(Pace.LEAST_PROOF);
  }

  @Test
  void whoIsSlowHasToProveItselfForLongerEachTime() {
    int before = proof();
    while (before < Pace.MOST_PROOF) {
      pace.took(SLOW);
      assertThat(pace.isQuick()).isFalse();
      int now = proof();
      assertThat(now).isEqualTo(2 * before);
      before = now;
    }
  }

  @Test
  void longQuicknessMakesSlownessForgotten() {
    for (int i = 0; i < 20; i++) {
      pace.took(SLOW);
    }
    assertThat(proof()).isEqualTo(Pace.MOST_PROOF);
    pace.took(SLOW);
    assertThat(proof()).isEqualTo(2 * Pace.LEAST_PROOF);
  }
}
