package dev.tandem.redis.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.OutcomeUnknownException;
import dev.tandem.api.error.ServerErrorException;
import dev.tandem.api.error.UnavailableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class GuardTest {
  private static final Duration SHORT = Duration.ofMillis(1);

  private static Guard guard(int attempts) {
    return new Guard(new RetrySettings(attempts, SHORT));
  }

  private static Supplier<Guard.Sent<String>> failing(
      AtomicInteger calls, Supplier<RuntimeException> error) {
    return () -> {
      calls.incrementAndGet();
      throw error.get();
    };
  }

  @Test
  void triesThreeTimesFromAHundredMillisecondsDoubling() {
    Guard guard = new Guard(new RetrySettings(3, Duration.ofMillis(100)));
    List<Long> at = new ArrayList<>();

    assertThatThrownBy(
            () ->
                guard.run(
                    false,
                    () -> {
                      at.add(System.nanoTime());
                      throw new UnavailableException("away", null);
                    }))
        .isInstanceOf(UnavailableException.class)
        .hasMessage("away");

    assertThat(at).hasSize(3);
    assertThat(millis(at.get(0), at.get(1))).isBetween(100L, 1_100L);
    assertThat(millis(at.get(1), at.get(2))).isBetween(200L, 1_200L);
    assertThat(guard.repeats()).isEqualTo(2);
  }

  private static long millis(long from, long to) {
    return Duration.ofNanos(to - from).toMillis();
  }

  @Test
  void repeatsWhatWasNotExecuted() {
    for (ErrorCode code : List.of(ErrorCode.SERVER_BUSY, ErrorCode.REDIRECTED)) {
      AtomicInteger calls = new AtomicInteger();
      assertThatThrownBy(
              () ->
                  guard(3)
                      .run(
                          false,
                          failing(calls, () -> new ServerErrorException(code, true, "no", null))))
          .isInstanceOf(ServerErrorException.class);
      assertThat(calls).hasValue(3);
    }
  }

  @Test
  void repeatsNoUnknownOutcomeUnlessThatIsHarmless() {
    AtomicInteger calls = new AtomicInteger();
    Supplier<Guard.Sent<String>> call =
        failing(calls, () -> new OutcomeUnknownException("lost", null));

    assertThatThrownBy(() -> guard(3).run(false, call)).isInstanceOf(OutcomeUnknownException.class);
    assertThat(calls).hasValue(1);
    assertThatThrownBy(() -> guard(3).run(true, call)).isInstanceOf(OutcomeUnknownException.class);
    assertThat(calls).hasValue(4);
  }

  @Test
  void doesNotHideAnUnknownOutcomeBehindALaterFailure() {
    AtomicInteger calls = new AtomicInteger();

    assertThatThrownBy(
            () ->
                guard(3)
                    .run(
                        true,
                        failing(
                            calls,
                            () ->
                                calls.get() == 1
                                    ? new OutcomeUnknownException("lost", null)
                                    : new UnavailableException("away", null))))
        .isInstanceOf(OutcomeUnknownException.class)
        .hasMessage("lost")
        .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
    assertThat(calls).hasValue(3);
  }

  @Test
  void doesNotRepeatWhatTheServerRefused() {
    AtomicInteger calls = new AtomicInteger();

    assertThatThrownBy(
            () ->
                guard(3)
                    .run(
                        true,
                        failing(
                            calls,
                            () ->
                                new ServerErrorException(
                                    ErrorCode.OUT_OF_MEMORY, true, "full", null))))
        .isInstanceOf(ServerErrorException.class);
    assertThat(calls).hasValue(1);
  }

  @Test
  void repeatsAResultOfWhichNothingWasDoneAndGivesTheLastOne() {
    AtomicInteger calls = new AtomicInteger();
    MessagingException busy =
        new ServerErrorException(ErrorCode.SERVER_BUSY, true, "loading", null);

    String result =
        guard(3).run(false, () -> new Guard.Sent<>("try " + calls.incrementAndGet(), busy, true));

    assertThat(result).isEqualTo("try 3");
    assertThat(guard(3).run(false, () -> new Guard.Sent<>("part", busy, false))).isEqualTo("part");
  }

  @Test
  void anInterruptEndsTheWaitForTheNextTryAndIsKept() {
    Guard guard = new Guard(new RetrySettings(3, Duration.ofMinutes(1)));
    AtomicInteger calls = new AtomicInteger();
    Thread.currentThread().interrupt();

    assertThatThrownBy(
            () -> guard.run(false, failing(calls, () -> new UnavailableException("away", null))))
        .isInstanceOf(MessagingException.class);

    assertThat(Thread.interrupted()).isTrue();
    assertThat(calls).hasValue(1);
  }
}
