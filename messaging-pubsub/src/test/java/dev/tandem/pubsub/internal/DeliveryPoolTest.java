package dev.tandem.pubsub.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.codahale.metrics.MetricRegistry;
import dev.tandem.api.internal.DaemonThreads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The pool, looked after by hand. */
class DeliveryPoolTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int CHECKS_UNTIL_BLOCKED =
      (int) DeliveryPool.BLOCKED_AFTER.dividedBy(DeliveryPool.CHECK_EVERY) + 1;

  private final BusMetrics metrics = new BusMetrics(new MetricRegistry());
  private final DeliveryPool pool =
      new DeliveryPool(2, DaemonThreads.numbered("pool-test"), metrics);
  private final CountDownLatch release = new CountDownLatch(1);
  private final AtomicInteger inside = new AtomicInteger();
  private final AtomicInteger done = new AtomicInteger();

  @AfterEach
  void close() {
    release.countDown();
    pool.close();
  }

  private void block() {
    pool.execute(
        () -> {
          inside.incrementAndGet();
          try {
            release.await(60, TimeUnit.SECONDS);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
  }

  private void checkUntilBlocked() {
    for (int i = 0; i < CHECKS_UNTIL_BLOCKED; i++) {
      pool.check();
    }
  }

  private void awaitInside(int tasks) {
    await().atMost(PATIENCE).until(() -> inside.get() == tasks);
  }

  @Test
  void doesEverythingOnFewThreads() {
    for (int i = 0; i < 10_000; i++) {
      pool.execute(done::incrementAndGet);
    }
    await().atMost(PATIENCE).until(() -> done.get() == 10_000);
    assertThat(metrics.deliveryThreads().sum()).isBetween(1L, 2L);
  }

  @Test
  void aBlockedTaskDelaysNoneOfThoseGivenInTogetherNorOthers() {
    pool.together(
        () -> {
          block();
          for (int i = 0; i < 2_000; i++) {
            pool.execute(done::incrementAndGet);
          }
        });
    pool.execute(done::incrementAndGet);
    await().atMost(PATIENCE).until(() -> done.get() == 2_001);
    assertThat(inside).hasValue(1);
  }

  @Test
  void whatIsGivenInByManyAtOnceIsDoneOnce() throws InterruptedException {
    List<Thread> givers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      givers.add(
          new Thread(
              () -> {
                for (int round = 0; round < 100; round++) {
                  pool.together(
                      () -> {
                        for (int task = 0; task < 99; task++) {
                          pool.execute(done::incrementAndGet);
                        }
                      });
                  pool.execute(done::incrementAndGet);
                }
              }));
    }
    givers.forEach(Thread::start);
    for (Thread giver : givers) {
      giver.join();
    }
    await().atMost(PATIENCE).until(() -> done.get() == 40_000);
    pool.close();
    await().atMost(PATIENCE).until(() -> metrics.deliveryThreads().sum() == 0);
    assertThat(done).hasValue(40_000);
  }

  @Test
  void replacesBlockedThreadsWhileOthersWaitAndEndsTheSurplus() {
    block();
    block();
    awaitInside(2);
    checkUntilBlocked();
    assertThat(metrics.deliveryThreadsBlocked().sum()).isEqualTo(2);
    assertThat(metrics.deliveryThreads().sum()).as("nobody waits").isEqualTo(2);
    pool.execute(done::incrementAndGet);
    assertThat(done).hasValue(0);
    pool.check();
    await().atMost(PATIENCE).until(() -> done.get() == 1);
    assertThat(metrics.deliveryThreads().sum()).isEqualTo(4);
    release.countDown();
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              pool.check();
              pool.execute(done::incrementAndGet);
              return metrics.deliveryThreads().sum() == 2
                  && metrics.deliveryThreadsBlocked().sum() == 0;
            });
    assertThat(pool.isSaturated()).isFalse();
  }

  @Test
  void isSaturatedWhenAllAreBlockedAndRecovers() {
    for (int i = 0; i < DeliveryPool.MOST_THREADS; i++) {
      block();
    }
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              pool.check();
              return inside.get() == DeliveryPool.MOST_THREADS;
            });
    checkUntilBlocked();
    assertThat(pool.isSaturated()).as("nobody waits").isFalse();
    pool.execute(done::incrementAndGet);
    pool.check();
    pool.check();
    assertThat(pool.isSaturated()).isTrue();
    assertThat(metrics.deliverySaturations().sum()).isEqualTo(1);
    assertThat(metrics.deliveryThreads().sum()).isEqualTo(DeliveryPool.MOST_THREADS);
    release.countDown();
    await().atMost(PATIENCE).until(() -> done.get() == 1);
    pool.check();
    assertThat(pool.isSaturated()).isFalse();
  }

  @Test
  void aTaskThatThrowsEndsNoThread() {
    pool.execute(
        () -> {
          throw new AssertionError("as planned");
        });
    for (int i = 0; i < 10; i++) {
      pool.execute(done::incrementAndGet);
    }
    await().atMost(PATIENCE).until(() -> done.get() == 10);
  }

  @Test
  void closingDoesWhatWaitsAndEndsAllThreads() {
    block();
    block();
    awaitInside(2);
    pool.execute(done::incrementAndGet);
    pool.close();
    assertThatThrownBy(() -> pool.execute(() -> {})).isInstanceOf(RejectedExecutionException.class);
    release.countDown();
    await().atMost(PATIENCE).until(() -> metrics.deliveryThreads().sum() == 0);
    assertThat(done).hasValue(1);
  }

  @Test
  void whatIsRunningWhenItClosesMayGoOnWithAnotherTask() {
    pool.execute(
        () -> {
          inside.incrementAndGet();
          await().atMost(PATIENCE).until(() -> release.getCount() == 0);
          pool.execute(done::incrementAndGet);
        });
    awaitInside(1);
    pool.close();
    release.countDown();
    await().atMost(PATIENCE).until(() -> done.get() == 1);
    await().atMost(PATIENCE).until(() -> metrics.deliveryThreads().sum() == 0);
  }

  @Test
  void aTaskIsDoneOnceThoughNoThreadCouldBeStartedAtFirst() {
    AtomicInteger failing = new AtomicInteger(1);
    ThreadFactory threads = DaemonThreads.numbered("pool-test");
    DeliveryPool poor =
        new DeliveryPool(
            2,
            task -> {
              if (failing.getAndDecrement() > 0) {
                throw new OutOfMemoryError("unable to create native thread");
              }
              return threads.newThread(task);
            },
            metrics);
    Runnable task = done::incrementAndGet;
    assertThatThrownBy(() -> poor.execute(task)).isInstanceOf(OutOfMemoryError.class);
    poor.execute(task); // who is refused asks again
    await().atMost(PATIENCE).until(() -> done.get() > 0);
    poor.close();
    await().atMost(PATIENCE).until(() -> metrics.deliveryThreads().sum() == 0);
    assertThat(done).hasValue(1);
  }

  @Test
  void aTaskThatInterruptsItsThreadInterruptsNoOther() {
    DeliveryPool one = new DeliveryPool(1, DaemonThreads.numbered("pool-test"), metrics);
    AtomicBoolean interrupted = new AtomicBoolean();
    one.execute(() -> Thread.currentThread().interrupt());
    one.execute(
        () -> {
          interrupted.set(Thread.currentThread().isInterrupted());
          done.incrementAndGet();
        });
    await().atMost(PATIENCE).until(() -> done.get() == 1);
    one.close();
    assertThat(interrupted).isFalse();
  }
}
