package dev.tandem.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.InvalidValueException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {
  private static final Duration INITIAL = Duration.ofMillis(100);
  private static final Duration MAX = Duration.ofSeconds(30);
  private static final RetryPolicy POLICY = RetryPolicy.exponential(INITIAL, MAX);
  private final Exception error = new IOException("away");

  @Test
  void doublesUpToTheCap() {
    RetryPolicy exact = POLICY.jitter(0);

    assertThat(IntStream.rangeClosed(1, 11).mapToLong(n -> millis(exact, n, new Random(0))))
        .containsExactly(
            100L, 200L, 400L, 800L, 1_600L, 3_200L, 6_400L, 12_800L, 25_600L, 30_000L, 30_000L);
    assertThat(millis(exact, Integer.MAX_VALUE, new Random(0))).isEqualTo(30_000);
  }

  @Test
  void growsFromTheShortestToTheLongest() {
    RetryPolicy widest =
        RetryPolicy.exponential(Duration.ofMillis(1), RetryPolicy.LONGEST_DELAY).jitter(0);

    assertThat(millis(widest, 1, new Random(0))).isEqualTo(1);
    assertThat(millis(widest, 32, new Random(0))).isEqualTo(1L << 31);
    assertThat(millis(widest, 33, new Random(0))).isEqualTo(Duration.ofDays(30).toMillis());
  }

  @Test
  void growsBySubMillisecondsToo() {
    RetryPolicy odd = RetryPolicy.exponential(Duration.ofNanos(1_400_000), MAX).jitter(0);

    assertThat(IntStream.rangeClosed(1, 4).mapToLong(n -> millis(odd, n, new Random(0))))
        .containsExactly(1L, 3L, 6L, 11L);
  }

  @Test
  void countsTheFirstDeliveryAsTheLeast() {
    assertThat(millis(POLICY.jitter(0), 0, new Random(0))).isEqualTo(100);
    assertThat(millis(POLICY.jitter(0), -7, new Random(0))).isEqualTo(100);
  }

  @Test
  void jitterStaysInItsShareAndFillsIt() {
    Random random = Seeded.random();
    for (double share : new double[] {0.1, RetryPolicy.DEFAULT_JITTER, 1}) {
      RetryPolicy policy = POLICY.jitter(share);
      List<Long> delays = Stream.generate(() -> millis(policy, 5, random)).limit(10_000).toList();
      long least = Math.round(1_600 * (1 - share));

      assertThat(delays).allMatch(delay -> delay >= least && delay <= 1_600);
      long width = 1_600 - least;
      assertThat(delays).anyMatch(delay -> delay < least + width / 10 + 1);
      assertThat(delays).anyMatch(delay -> delay > 1_600 - width / 10 - 1);
    }
  }

  @Test
  void theSameRandomnessGivesTheSameDelays() {
    Random random = Seeded.random();
    long seed = random.nextLong();

    assertThat(millis(POLICY, 4, new Random(seed))).isEqualTo(millis(POLICY, 4, new Random(seed)));
  }

  @Test
  void fixedDoesNotGrow() {
    RetryPolicy fixed = RetryPolicy.fixed(Duration.ofSeconds(2)).jitter(0);

    assertThat(millis(fixed, 1, new Random(0))).isEqualTo(2_000);
    assertThat(millis(fixed, 9, new Random(0))).isEqualTo(2_000);
    assertThat(millis(RetryPolicy.fixed(Duration.ZERO), 3, new Random(0))).isZero();
  }

  @Test
  void givesUpAtTheLimit() {
    assertThat(POLICY.maxDeliveries()).isEqualTo(5);
    assertThat(POLICY.allowsRetry(error, 4)).isTrue();
    assertThat(POLICY.allowsRetry(error, 5)).isFalse();
    assertThat(POLICY.allowsRetry(error, 6)).isFalse();
    assertThat(POLICY.maxDeliveries(7).allowsRetry(error, 6)).isTrue();
    assertThat(RetryPolicy.none().allowsRetry(error, 1)).isFalse();
  }

  @Test
  void asksTheClassifier() {
    RetryPolicy policy = POLICY.retryIf(IOException.class::isInstance);

    assertThat(policy.allowsRetry(error, 1)).isTrue();
    assertThat(policy.allowsRetry(new IllegalStateException("bug"), 1)).isFalse();
    assertThat(policy.allowsRetry(error, 5)).isFalse();
  }

  @Test
  void aThrowingClassifierBuriesNothing() {
    IllegalStateException bug = new IllegalStateException("bug");
    RetryPolicy policy =
        POLICY.retryIf(
            any -> {
              throw bug;
            });

    assertThat(policy.allowsRetry(error, 1)).isTrue();
    assertThat(error).hasSuppressedException(bug);
    assertThat(policy.allowsRetry(bug, 1)).isTrue();
    assertThat(policy.allowsRetry(error, 5)).isFalse();
  }

  @Test
  void changesKeepTheRest() {
    RetryPolicy policy =
        POLICY.maxDeliveries(9).jitter(0).retryIf(IOException.class::isInstance).maxDeliveries(8);

    assertThat(policy)
        .hasToString(
            "RetryPolicy[initialDelay=PT0.1S, maxDelay=PT30S, maxDeliveries=8, jitter=0.0]");
    assertThat(policy.allowsRetry(new IllegalStateException(), 1)).isFalse();
    assertThat(POLICY)
        .hasToString(
            "RetryPolicy[initialDelay=PT0.1S, maxDelay=PT30S, maxDeliveries=5, jitter=0.5]");
  }

  @Test
  @SuppressWarnings("NullAway") // What a caller without null checks may pass.
  void refusesValuesOutOfRange() {
    refused(
        () -> RetryPolicy.exponential(Duration.ZERO, MAX),
        "initial retry delay was PT0S: must be PT0.001S to PT720H");
    refused(
        () -> RetryPolicy.exponential(null, MAX), "initial retry delay was null: must be given");
    refused(
        () -> RetryPolicy.exponential(Duration.ofDays(31), Duration.ofDays(31)),
        "initial retry delay was PT744H: must be PT0.001S to PT720H");
    refused(
        () -> RetryPolicy.exponential(INITIAL, Duration.ofMillis(99)),
        "longest retry delay was PT0.099S: must be PT0.1S to PT720H");
    refused(
        () -> RetryPolicy.fixed(Duration.ofMillis(-1)),
        "retry delay was PT-0.001S: must be PT0S to PT720H");
    refused(() -> POLICY.maxDeliveries(0), "maxDeliveries was 0: must be 1 to 1000000");
    refused(
        () -> POLICY.maxDeliveries(1_000_001), "maxDeliveries was 1000001: must be 1 to 1000000");
    refused(() -> POLICY.jitter(-0.1), "jitter was -0.1: must be 0 to 1");
    refused(() -> POLICY.jitter(1.1), "jitter was 1.1: must be 0 to 1");
    refused(() -> POLICY.jitter(Double.NaN), "jitter was NaN: must be 0 to 1");
    refused(() -> POLICY.retryIf(null), "retryable was null: must be given");
  }

  private static long millis(RetryPolicy policy, int deliveries, Random random) {
    return policy.delayAfter(deliveries, random).toMillis();
  }

  private static void refused(Runnable call, String text) {
    assertThatThrownBy(call::run).isInstanceOf(InvalidValueException.class).hasMessage(text);
  }
}
