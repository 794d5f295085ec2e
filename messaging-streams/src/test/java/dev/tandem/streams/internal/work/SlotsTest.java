package dev.tandem.streams.internal.work;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Whatever an executor does with its tasks. */
class SlotsTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  private final ExecutorService pool = Executors.newCachedThreadPool();
  private static final int MOST = Integer.MAX_VALUE;
  private final Flow flow = new Flow();
  private final AtomicInteger done = new AtomicInteger();

  @AfterEach
  void close() {
    pool.shutdownNow();
  }

  private Attempt attempt(Runnable handler) {
    return new Attempt(flow) {
      @Override
      void run(long nowNanos) {
        open();
        handler.run();
        end();
        done.incrementAndGet();
      }

      @Override
      void fail(TimeoutException overrun) {
        throw new IllegalStateException(overrun);
      }
    };
  }

  @Test
  void oneThatRunsTasksInPlaceRunsAttemptsOneAfterAnother() {
    Slots slots = new Slots(3, MOST, Runnable::run);
    AtomicInteger depth = new AtomicInteger();
    AtomicInteger deepest = new AtomicInteger();
    for (int i = 0; i < 5_000; i++) {
      slots.append(
          attempt(
              () -> {
                deepest.accumulateAndGet(depth.incrementAndGet(), Math::max);
                depth.decrementAndGet();
              }));
    }
    slots.pump();
    assertThat(done).hasValue(5_000);
    assertThat(deepest).hasValue(1);
  }

  @Test
  void oneThatDropsTasksIsAskedAgainAndNoMoreRunThanMay() {
    Queue<Runnable> dropped = new ArrayDeque<>();
    AtomicInteger tasks = new AtomicInteger();
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Slots slots =
        new Slots(
            2,
            MOST,
            task -> {
              if (tasks.getAndIncrement() < 2) {
                dropped.add(task);
              } else {
                pool.execute(task);
              }
            });
    for (int i = 0; i < 100; i++) {
      slots.submit(
          attempt(
              () -> {
                most.accumulateAndGet(running.incrementAndGet(), Math::max);
                Thread.onSpinWait();
                running.decrementAndGet();
              }));
    }
    assertThat(done).hasValue(0);
    await()
        .atMost(SOON)
        .until(
            () -> {
              slots.nudge();
              return done.get() == 100;
            });
    dropped.forEach(pool::execute); // they were late, not lost
    slots.submit(attempt(() -> {}));
    await().atMost(SOON).until(() -> done.get() == 101);
    assertThat(most.get()).isBetween(1, 2);
  }

  @Test
  void oneThatRefusesIsAskedAgain() {
    AtomicInteger refusals = new AtomicInteger(3);
    Slots slots =
        new Slots(
            2,
            MOST,
            task -> {
              if (refusals.getAndDecrement() > 0) {
                throw new RejectedExecutionException("full");
              }
              pool.execute(task);
            });
    slots.submit(attempt(() -> {}));
    await()
        .atMost(SOON)
        .until(
            () -> {
              slots.nudge();
              return done.get() == 1;
            });
  }

  @Test
  void pausedOnesStartNothingAndStoppedOnesNeverDo() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    Slots slots = new Slots(1, MOST, pool);
    slots.submit(
        attempt(
            () -> {
              started.countDown();
              try {
                go.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            }));
    slots.submit(attempt(() -> {}));
    assertThat(started.await(60, TimeUnit.SECONDS)).isTrue();
    slots.pause();
    go.countDown();
    await().atMost(SOON).until(() -> done.get() == 1);
    await().during(Duration.ofMillis(200)).until(() -> done.get() == 1);
    slots.resume();
    await().atMost(SOON).until(() -> done.get() == 2);
    slots.stop();
    slots.submit(attempt(() -> {}));
    assertThat(slots.awaitIdle(SOON)).isTrue();
    await().during(Duration.ofMillis(200)).until(() -> done.get() == 2);
  }
}
