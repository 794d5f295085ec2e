package dev.tandem.api.error;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ExceptionsTest {
  static Stream<Arguments> placed() {
    return Stream.of(
        error(new BufferFullException("m", "acme", "orders"), ErrorCode.BUFFER_FULL, true, false),
        error(new ClosedException("m", "acme", "orders"), ErrorCode.CLOSED, false, false),
        error(
            new CircuitOpenException("m", why(), "acme", "orders"),
            ErrorCode.CIRCUIT_OPEN,
            true,
            true),
        error(
            new OutcomeUnknownException("m", why(), "acme", "orders"),
            ErrorCode.OUTCOME_UNKNOWN,
            false,
            true),
        error(
            new UnavailableException("m", why(), "acme", "orders"),
            ErrorCode.UNAVAILABLE,
            true,
            true),
        error(
            new WaitTimeoutException("m", why(), "acme", "orders"),
            ErrorCode.TIMED_OUT,
            true,
            true),
        error(
            new SerdeException("m", why(), "acme", "orders"), ErrorCode.SERDE_FAILED, false, true),
        error(
            new ServerErrorException(ErrorCode.READ_ONLY, true, "m", why(), "acme", "orders"),
            ErrorCode.READ_ONLY,
            true,
            true));
  }

  static Stream<Arguments> unplaced() {
    return Stream.of(
        error(new BufferFullException("m"), ErrorCode.BUFFER_FULL, true, false),
        error(new ClosedException("m"), ErrorCode.CLOSED, false, false),
        error(new CircuitOpenException("m", why()), ErrorCode.CIRCUIT_OPEN, true, true),
        error(new OutcomeUnknownException("m", why()), ErrorCode.OUTCOME_UNKNOWN, false, true),
        error(new UnavailableException("m", why()), ErrorCode.UNAVAILABLE, true, true),
        error(new WaitTimeoutException("m", why()), ErrorCode.TIMED_OUT, true, true),
        error(new SerdeException("m", why()), ErrorCode.SERDE_FAILED, false, true),
        error(
            new ServerErrorException(ErrorCode.WRONG_TYPE, false, "m", why()),
            ErrorCode.WRONG_TYPE,
            false,
            true));
  }

  @ParameterizedTest
  @MethodSource
  void placed(MessagingException error, ErrorCode code, boolean retryable, boolean hasCause) {
    says(error, code, retryable, hasCause);
    assertThat(error.tenant()).contains("acme");
    assertThat(error.destination()).contains("orders");
  }

  @ParameterizedTest
  @MethodSource
  void unplaced(MessagingException error, ErrorCode code, boolean retryable, boolean hasCause) {
    says(error, code, retryable, hasCause);
    assertThat(error.tenant()).isEmpty();
    assertThat(error.destination()).isEmpty();
  }

  @Test
  @SuppressWarnings("NullAway") // What a caller without null checks may pass.
  void needsACode() {
    assertThatThrownBy(() -> new MessagingException(null, true, "m", null)).hasMessage("code");
  }

  private static void says(
      MessagingException error, ErrorCode code, boolean retryable, boolean hasCause) {
    assertThat(error).hasMessage("m");
    assertThat(error.code()).isEqualTo(code);
    assertThat(error.retryable()).isEqualTo(retryable);
    if (hasCause) {
      assertThat(error.getCause()).hasMessage("why");
    } else {
      assertThat(error).hasNoCause();
    }
  }

  private static Arguments error(
      MessagingException error, ErrorCode code, boolean retryable, boolean hasCause) {
    return Arguments.of(error, code, retryable, hasCause);
  }

  private static Throwable why() {
    return new IllegalStateException("why");
  }
}
