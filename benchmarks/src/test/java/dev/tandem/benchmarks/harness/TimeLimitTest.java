package dev.tandem.benchmarks.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TimeLimitTest {
  private final TimeLimit limit = new TimeLimit(Duration.ofMillis(20));

  /** So that the interrupt of one is not another's. */
  @AfterEach
  void clearInterrupt() {
    var unused = Thread.interrupted();
  }

  @Test
  void whoWaitsForEverIsInterruptedAndNamed() {
    CountDownLatch never = new CountDownLatch(1);

    assertThatThrownBy(
            () ->
                limit.call(
                    "the sleeper",
                    () -> {
                      never.await();
                      return "";
                    }))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the sleeper did not end within PT0.02S")
        .hasCauseInstanceOf(InterruptedException.class);
  }

  @Test
  void whoIsInTimeIsLeftAlone() throws Exception {
    TimeLimit ample = TimeLimit.OF_A_ROUND;

    assertThat(ample.call("the quick one", () -> "done")).isEqualTo("done");
    assertThatThrownBy(
            () ->
                ample.call(
                    "the one that fails",
                    () -> {
                      throw new IOException("its own");
                    }))
        .isInstanceOf(IOException.class)
        .hasMessage("its own");
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
  }
}
