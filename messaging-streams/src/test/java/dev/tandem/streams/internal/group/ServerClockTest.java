package dev.tandem.streams.internal.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

class ServerClockTest {
  private long nanos = Long.MAX_VALUE - 5; // overflows soon
  private long serverMillis = 1_000;
  private boolean away;
  private int asked;
  private final ServerClock clock = new ServerClock(this::ask, () -> nanos);

  private Instant ask() {
    asked++;
    if (away) {
      throw new IllegalStateException("away");
    }
    nanos += TimeUnit.MILLISECONDS.toNanos(50); // the reply is on its way
    return Instant.ofEpochMilli(serverMillis);
  }

  private void goOn(long millis) {
    nanos += TimeUnit.MILLISECONDS.toNanos(millis);
    serverMillis += millis;
  }

  @Test
  void isCountedOnAndNeverAheadOfTheServer() {
    assertThat(clock.hasPassed(1_000)).isTrue();
    assertThat(clock.hasPassed(1_001)).isFalse();
    goOn(10);
    assertThat(clock.hasPassed(1_010)).isTrue();
    assertThat(clock.hasPassed(1_011)).isFalse();
    assertThat(asked).isEqualTo(1);
  }

  @Test
  void isAskedAgainNowAndThenAndWhenDistrusted() {
    assertThat(clock.hasPassed(5_000)).isFalse();
    goOn(29_000);
    serverMillis = 2_000; // set back
    assertThat(clock.hasPassed(5_000)).isTrue();
    goOn(2_000);
    assertThat(clock.hasPassed(5_000)).isFalse();
    assertThat(asked).isEqualTo(2);
    serverMillis = 6_000;
    assertThat(clock.hasPassed(5_000)).isFalse();
    clock.distrust();
    assertThat(clock.hasPassed(5_000)).isTrue();
    assertThat(asked).isEqualTo(3);
  }

  @Test
  void nothingHasPassedAsLongAsItIsNotKnownAndTheServerIsNotPestered() {
    away = true;
    assertThat(clock.hasPassed(1)).isFalse();
    assertThat(clock.hasPassed(1)).isFalse();
    assertThat(asked).isEqualTo(1);
    away = false;
    goOn(1_000);
    assertThat(clock.hasPassed(1)).isTrue();
  }

  @Test
  void whoeverComesWhileItIsAskedForTheFirstTimeWaitsForTheAnswer() throws Exception {
    CountDownLatch asking = new CountDownLatch(1);
    CountDownLatch answer = new CountDownLatch(1);
    ServerClock slow =
        new ServerClock(
            () -> {
              asking.countDown();
              awaitQuietly(answer);
              return Instant.ofEpochMilli(1_000);
            },
            () -> 0);
    FutureTask<Boolean> first = inBackground(() -> slow.hasPassed(1_000));
    assertThat(asking.await(60, TimeUnit.SECONDS)).isTrue();
    FutureTask<Boolean> second = inBackground(() -> slow.hasPassed(1_000));
    assertThatThrownBy(() -> second.get(50, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
    answer.countDown();
    assertThat(first.get(60, TimeUnit.SECONDS)).isTrue();
    assertThat(second.get(60, TimeUnit.SECONDS)).isTrue();
  }

  private static FutureTask<Boolean> inBackground(Callable<Boolean> question) {
    FutureTask<Boolean> task = new FutureTask<>(question);
    Thread thread = new Thread(task, "asker");
    thread.setDaemon(true);
    thread.start();
    return task;
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void tellsHowLongAgoSomethingWasByWhatItWasToldWithoutAsking() {
    assertThat(clock.millisSince(1)).isEqualTo(-1);
    clock.told(1_000);
    goOn(10);
    assertThat(clock.millisSince(900)).isEqualTo(110);
    assertThat(clock.millisSince(2_000)).isZero();
    assertThat(asked).isZero();
    serverMillis = 500; // what was told decides nothing
    assertThat(clock.hasPassed(900)).isFalse();
  }
}
