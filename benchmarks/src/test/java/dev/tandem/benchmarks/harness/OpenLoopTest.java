package dev.tandem.benchmarks.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class OpenLoopTest {
  private static final int RATE = 1_000;
  private static final int STALL_MILLIS = 300;

  private final List<String> log = new ArrayList<>();
  private final OpenLoop loop =
      new OpenLoop(RATE, Duration.ofMillis(10), Duration.ofSeconds(1), 1, 2, Duration.ofMillis(50));

  @Test
  void contendersTakeTurnsAndThoseWithoutARouteAreLeftOut() throws Exception {
    List<LatencySeries> series =
        run(contender("a", number -> {}), contender("none", null), contender("b", number -> {}));

    assertThat(log).containsExactly("a", "b", "a", "b", "a", "b");
    assertThat(series).extracting(LatencySeries::contender).containsExactly("a", "b");
    assertThat(series).extracting(each -> each.rounds().size()).containsExactly(2, 2);
    assertThat(series).extracting(LatencySeries::lost).containsExactly(0L, 0L);
  }

  @Test
  void aStallCountsForEveryMessageThatWasDueWhileItLasted() throws Exception {
    LatencySeries series = run(contender("a", number -> stallAt(100, number))).get(0);

    // 300 of 1,000 were due meanwhile; a hundredth of all waited at least 290 ms.
    assertThat(series.p99Micros()).isGreaterThan((STALL_MILLIS - 20) * 1e3);
  }

  @Test
  void whatNeverArrivesIsCountedAndLaterThanAllElse() throws Exception {
    Routed losing =
        contender(
            "a",
            number -> {
              if (number % 10 == 0) {
                throw new Swallowed();
              }
            });

    LatencySeries series = run(losing).get(0);

    assertThat(series.lost()).isEqualTo(2 * 101); // of 1,010 in each of two rounds
    assertThat(series.p99Micros()).isInfinite();
    assertThat(series.p50Micros()).isFinite();
  }

  private List<LatencySeries> run(Routed... contenders) throws Exception {
    return loop.run(List.of(contenders));
  }

  private static void stallAt(int when, int number) {
    long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(STALL_MILLIS);
    while (number == when && System.nanoTime() < until) {
      LockSupport.parkNanos(until - System.nanoTime());
    }
  }

  /** The message is taken and goes nowhere. */
  private static final class Swallowed extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  /** One whose messages arrive when this has been done with them. */
  private Routed contender(String name, @Nullable IntConsumer sending) {
    return new Routed() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public Library library() {
        return Library.TANDEM;
      }

      @Override
      public @Nullable Route route(Times times) {
        if (sending == null) {
          return null;
        }
        log.add(name);
        return new Route() {
          @Override
          public void send(int number) {
            try {
              sending.accept(number);
              times.arrived(number);
            } catch (Swallowed swallowed) {
              // it does not arrive
            }
          }

          @Override
          public void close() {}
        };
      }
    };
  }
}
