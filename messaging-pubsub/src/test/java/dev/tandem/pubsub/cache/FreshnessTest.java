package dev.tandem.pubsub.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.Position;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class FreshnessTest {
  private static final Position NONE = new Position("e", 0, "");
  private static final Position FOUR = new Position("e", 4, "n4");
  private static final Position OTHER_FOUR = new Position("e", 4, "other");
  private static final Position FIVE = new Position("e", 5, "n5");

  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 10);
  private final Freshness freshness = new Freshness(nanos::get, Duration.ofNanos(100));

  @Test
  void isProvenFromBeforeTheQuestionForAsLongAsAllowed() {
    assertThat(freshness.isProven()).isFalse();
    long askedAt = freshness.now();
    nanos.addAndGet(40);
    freshness.head(NONE, askedAt, NONE);
    assertThat(freshness.isProven()).isTrue();
    nanos.addAndGet(60);
    assertThat(freshness.isProven()).isTrue();
    nanos.addAndGet(1);
    assertThat(freshness.isProven()).isFalse();
    assertThat(freshness.wasProven()).isTrue();
  }

  @Test
  void waitsForWhatIsNotAppliedYet() {
    freshness.head(FIVE, freshness.now(), FOUR);
    assertThat(freshness.isProven()).isFalse();
    freshness.applied(FIVE);
    assertThat(freshness.isProven()).isTrue();
  }

  @Test
  void knowsWhatItHasPassedMeanwhile() {
    freshness.applied(FOUR);
    freshness.applied(FIVE);
    freshness.head(FOUR, freshness.now(), FIVE);
    assertThat(freshness.isProven()).isTrue();
  }

  @Test
  void anotherMessageOfTheSameVersionProvesNothing() {
    freshness.applied(FOUR);
    freshness.applied(FIVE);
    freshness.head(OTHER_FOUR, freshness.now(), FIVE);
    assertThat(freshness.isProven()).isFalse();
  }

  @Test
  void theSubscriptionMayPassTheAwaitedWithoutDeliveringIt() {
    freshness.head(FIVE, freshness.now(), FOUR);
    freshness.head(OTHER_FOUR, freshness.now(), FIVE);
    assertThat(freshness.isProven()).isTrue();
  }

  @Test
  void anOlderProofDoesNotReplaceANewerOne() {
    long early = freshness.now();
    nanos.addAndGet(90);
    freshness.head(NONE, freshness.now(), NONE);
    freshness.head(NONE, early, NONE);
    nanos.addAndGet(50);
    assertThat(freshness.isProven()).isTrue();
  }
}
