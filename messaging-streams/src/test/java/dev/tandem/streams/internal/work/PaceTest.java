package dev.tandem.streams.internal.work;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PaceTest {
  private static final int LEAST = 16;

  private final AtomicLong finished = new AtomicLong();
  private final Pace pace = new Pace(LEAST, finished::get, 0);

  @Test
  void nothingIsKnownAtFirst() {
    assertThat(pace.limit()).isEqualTo(LEAST);
  }

  @Test
  void slowHandlersHoldTheLeast() {
    for (int millis = 0; millis <= 1_000; millis += 10) {
      finished.addAndGet(millis % 500 == 0 ? LEAST : 0);
      assertThat(limitAt(millis)).isEqualTo(LEAST);
    }
  }

  @Test
  void fastHandlersHoldWhatTheyFinishedWithinTheHorizon() {
    finished.set(200);
    assertThat(limitAt(5)).isEqualTo(200);
    assertThat(limitAt(110)).as("still in the last span").isEqualTo(200);
  }

  @Test
  void whatIsHeldHasABound() {
    finished.set(1_000_000);
    assertThat(limitAt(5)).isEqualTo(Pace.MOST);
  }

  @Test
  void handlersThatBecomeSlowGoBackToTheLeast() {
    finished.set(500);
    limitAt(50);
    limitAt(110);

    assertThat(limitAt(205)).isEqualTo(LEAST);
  }

  @Test
  void whatWasFastLongAgoDoesNotCount() {
    finished.set(500);

    assertThat(limitAt(1_000)).isEqualTo(LEAST);
  }

  @Test
  void largeEntriesAreHeldInSmallerNumbers() {
    finished.set(1_000_000);
    pace.read(10, 10 * 64 * 1024);

    assertThat(limitAt(5)).isEqualTo((int) (Pace.MOST_BYTES / (64 * 1024)));
  }

  @Test
  void handlersNeverStarveForLackOfBytes() {
    finished.set(1_000_000);
    pace.read(1, 1L << 30);

    assertThat(limitAt(5)).isEqualTo(LEAST);
  }

  private int limitAt(long millis) {
    pace.look(Duration.ofMillis(millis).toNanos());
    return pace.limit();
  }
}
