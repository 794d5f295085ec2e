package dev.tandem.redis.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.CircuitOpenException;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.OutcomeUnknownException;
import dev.tandem.api.error.ServerErrorException;
import dev.tandem.api.error.UnavailableException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.exceptions.JedisException;

class BreakerTest {
  private static final int WINDOW = 4;

  private final AtomicLong nowSeconds = new AtomicLong();
  private final CircuitBreaker circuit =
      CircuitBreaker.of(
          "test",
          CircuitBreakerConfig.custom()
              .slidingWindowSize(WINDOW)
              .minimumNumberOfCalls(WINDOW)
              .waitDurationInOpenState(Duration.ofSeconds(10))
              .permittedNumberOfCallsInHalfOpenState(2)
              .clock(clock())
              .build());

  private final Breaker breaker = new Breaker(circuit);

  private Clock clock() {
    return new Clock() {
      @Override
      public ZoneOffset getZone() {
        return ZoneOffset.UTC;
      }

      @Override
      public Clock withZone(java.time.ZoneId zone) {
        return this;
      }

      @Override
      public Instant instant() {
        return Instant.ofEpochSecond(nowSeconds.get());
      }
    };
  }

  private static Supplier<Guard.Sent<String>> failing(
      AtomicInteger calls, Supplier<RuntimeException> error) {
    return () -> {
      calls.incrementAndGet();
      throw error.get();
    };
  }

  @Test
  void opensAfterConnectionFailuresAndClosesAfterTwoSuccesses() {
    AtomicInteger calls = new AtomicInteger();
    Supplier<Guard.Sent<String>> away =
        failing(calls, () -> new UnavailableException("away", null));
    for (int i = 0; i < WINDOW; i++) {
      assertThatThrownBy(() -> breaker.run(away)).isInstanceOf(UnavailableException.class);
    }

    assertThatThrownBy(() -> breaker.run(away))
        .isInstanceOf(CircuitOpenException.class)
        .hasMessageContaining("nothing was sent");
    assertThat(calls).hasValue(WINDOW);

    nowSeconds.addAndGet(11);
    for (int i = 0; i < 2; i++) {
      assertThat(breaker.run(() -> Guard.Sent.whole("ok"))).isEqualTo(Guard.Sent.whole("ok"));
    }
    assertThat(breaker.state()).isEqualTo(CircuitBreaker.State.CLOSED);
  }

  @Test
  void aPartialResultCountsAsAFailureOfTheConnection() {
    Guard.Sent<String> part =
        new Guard.Sent<>("part", new OutcomeUnknownException("lost", null), false);
    for (int i = 0; i < WINDOW; i++) {
      assertThat(breaker.run(() -> part)).isSameAs(part);
    }

    assertThat(breaker.state()).isEqualTo(CircuitBreaker.State.OPEN);
  }

  @Test
  void whatTheServerAnswersIsNoConnectionFailure() {
    AtomicInteger calls = new AtomicInteger();
    for (int i = 0; i < WINDOW * 2; i++) {
      assertThatThrownBy(
              () ->
                  breaker.run(
                      failing(
                          calls,
                          () ->
                              new ServerErrorException(ErrorCode.SERVER_ERROR, false, "no", null))))
          .isInstanceOf(ServerErrorException.class);
    }

    assertThat(breaker.state()).isEqualTo(CircuitBreaker.State.CLOSED);
    assertThat(circuit.getMetrics().getNumberOfSuccessfulCalls()).isEqualTo(WINDOW);
  }

  @Test
  void whatSaysNothingAboutTheServerIsNotCounted() {
    List<RuntimeException> silent =
        List.of(
            ErrorTranslation.notSent("e", new JedisException("x", new NoSuchElementException("t"))),
            new IllegalStateException("a bug"));
    for (RuntimeException error : silent) {
      assertThatThrownBy(() -> breaker.run(failing(new AtomicInteger(), () -> error)))
          .isSameAs(error);
    }

    assertThat(circuit.getMetrics().getNumberOfBufferedCalls()).isZero();
  }

  @Test
  void anErrorInAHalfOpenBreakerDoesNotUseUpItsTries() {
    circuit.transitionToOpenState();
    circuit.transitionToHalfOpenState();
    for (int i = 0; i < 5; i++) {
      assertThatThrownBy(
              () ->
                  breaker.run(
                      () -> {
                        throw new AssertionError("boom");
                      }))
          .isInstanceOf(AssertionError.class);
    }

    assertThat(breaker.run(() -> Guard.Sent.whole("ok"))).isEqualTo(Guard.Sent.whole("ok"));
  }
}
