package dev.tandem.api.lifecycle;

import static dev.tandem.api.lifecycle.LifecycleState.CREATED;
import static dev.tandem.api.lifecycle.LifecycleState.DRAINING;
import static dev.tandem.api.lifecycle.LifecycleState.FAILED;
import static dev.tandem.api.lifecycle.LifecycleState.PAUSED;
import static dev.tandem.api.lifecycle.LifecycleState.RECOVERING;
import static dev.tandem.api.lifecycle.LifecycleState.RUNNING;
import static dev.tandem.api.lifecycle.LifecycleState.STARTING;
import static dev.tandem.api.lifecycle.LifecycleState.STOPPED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.Seeded;
import dev.tandem.api.error.InvalidValueException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LifecycleTest {
  private static final Duration LONG = Duration.ofMinutes(10);
  private static final Duration SOON = Duration.ofSeconds(30);

  private final List<String> failures = Collections.synchronizedList(new ArrayList<>());
  private final Lifecycle lifecycle =
      new Lifecycle("worker", (message, error) -> failures.add(message + ": " + error));
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void stopThreads() throws InterruptedException {
    threads.shutdownNow();
    assertThat(threads.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void beginsCreated() {
    assertThat(lifecycle.state()).isEqualTo(CREATED);
  }

  @Test
  void listenersAreToldOfEachChangeInTheOrderTheyCame() {
    List<String> seen = new ArrayList<>();
    lifecycle.addListener((from, to) -> seen.add("first " + from + " " + to));
    lifecycle.moveTo(STARTING);
    lifecycle.addListener((from, to) -> seen.add("second " + from + " " + to));
    lifecycle.moveTo(RUNNING);
    assertThat(lifecycle.tryMoveTo(STARTING)).isFalse();

    assertThat(seen)
        .containsExactly(
            "first CREATED STARTING", "first STARTING RUNNING", "second STARTING RUNNING");
  }

  @Test
  void listenersAreToldOnTheThreadThatMadeTheChange() throws Exception {
    AtomicReference<Thread> told = new AtomicReference<>();
    lifecycle.addListener((from, to) -> told.set(Thread.currentThread()));
    AtomicReference<Thread> mover = new AtomicReference<>();

    threads
        .submit(
            () -> {
              mover.set(Thread.currentThread());
              lifecycle.moveTo(STARTING);
            })
        .get();

    assertThat(told.get()).isNotNull().isSameAs(mover.get());
  }

  @Test
  void aFailingListenerStopsNeitherTheChangeNorTheOthers() {
    List<LifecycleState> seen = new ArrayList<>();
    lifecycle.addListener(
        (from, to) -> {
          throw new IllegalStateException("bug");
        });
    lifecycle.addListener(
        (from, to) -> {
          throw new AssertionError("worse");
        });
    lifecycle.addListener((from, to) -> seen.add(to));

    lifecycle.moveTo(STARTING);

    assertThat(lifecycle.state()).isEqualTo(STARTING);
    assertThat(seen).containsExactly(STARTING);
    assertThat(failures)
        .containsExactly(
            "worker: listener failed on CREATED to STARTING: java.lang.IllegalStateException: bug",
            "worker: listener failed on CREATED to STARTING: java.lang.AssertionError: worse");
  }

  @Test
  void aFailingFailureHandlerStopsNothingEither() {
    List<LifecycleState> seen = new ArrayList<>();
    Lifecycle fragile =
        new Lifecycle(
            "worker",
            (message, error) -> {
              throw new OutOfMemoryError("log is full");
            });
    fragile.addListener(
        (from, to) -> {
          throw new IllegalStateException("bug");
        });
    fragile.addListener((from, to) -> seen.add(to));

    fragile.moveTo(STARTING);
    fragile.moveTo(RUNNING);

    assertThat(seen).containsExactly(STARTING, RUNNING);
  }

  @Test
  void aChangeMadeByAListenerIsToldAfterTheOneItWasToldOf() {
    List<String> seen = new ArrayList<>();
    lifecycle.addListener(
        (from, to) -> {
          if (to == STARTING) {
            lifecycle.moveTo(RUNNING);
          }
        });
    lifecycle.addListener((from, to) -> seen.add(from + " " + to));

    lifecycle.moveTo(STARTING);

    assertThat(seen).containsExactly("CREATED STARTING", "STARTING RUNNING");
    assertThat(failures).isEmpty();
  }

  @Test
  void aListenerMayWaitForAnotherThreadThatChangesTheState() {
    List<String> seen = new ArrayList<>();
    lifecycle.addListener(
        (from, to) -> {
          seen.add(from + " " + to);
          if (to == STARTING) {
            assertThat(threads.submit(() -> lifecycle.tryMoveTo(DRAINING)))
                .succeedsWithin(SOON)
                .isEqualTo(true);
          }
        });

    lifecycle.moveTo(STARTING);

    assertThat(failures).isEmpty();
    assertThat(seen).containsExactly("CREATED STARTING", "STARTING DRAINING");
  }

  @Test
  void listenersSeeOneUnbrokenSequenceWhateverTheThreadsDo() throws Exception {
    Random random = Seeded.random();
    List<LifecycleState> first = new ArrayList<>(List.of(CREATED));
    List<LifecycleState> second = new ArrayList<>(List.of(CREATED));
    lifecycle.addListener((from, to) -> follow(first, from, to));
    lifecycle.addListener((from, to) -> follow(second, from, to));
    lifecycle.moveTo(STARTING);
    List<LifecycleState> targets = List.of(RUNNING, RECOVERING, PAUSED);
    List<Future<Integer>> movers = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      long seed = random.nextLong();
      movers.add(threads.submit(() -> move(new Random(seed), targets)));
    }
    int moved = 1;
    for (Future<Integer> mover : movers) {
      moved += mover.get(30, TimeUnit.SECONDS);
    }

    assertThat(failures).isEmpty();
    assertThat(first).hasSize(1 + moved).isEqualTo(second);
    assertThat(first.get(moved)).isEqualTo(lifecycle.state());
  }

  @Test
  void waitersWakeWhenTheStateComes() throws Exception {
    Future<Boolean> waiter = waiting(state -> state == RUNNING, LONG);
    Future<Boolean> other = waiting(state -> state != CREATED, LONG);
    lifecycle.moveTo(STARTING);

    assertThat(other.get(30, TimeUnit.SECONDS)).isTrue();
    assertThat(waiter.isDone()).isFalse();

    lifecycle.moveTo(RUNNING);

    assertThat(waiter.get(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void waitersWakeWhenItCannotComeAnyMore() throws Exception {
    Future<Boolean> waiter = waiting(state -> state == RUNNING, LONG);
    lifecycle.moveTo(FAILED);

    assertThat(waiter.get(30, TimeUnit.SECONDS)).isFalse();
    assertThat(lifecycle.await(FAILED, LONG)).isTrue();
    assertThat(lifecycle.await(STOPPED, LONG)).isFalse();
  }

  @Test
  void waitsNoLongerThanTold() throws Exception {
    long begin = System.nanoTime();

    assertThat(lifecycle.await(RUNNING, Duration.ofMillis(50))).isFalse();
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isBetween(Duration.ofMillis(50), SOON);
    assertThat(lifecycle.await(RUNNING, Duration.ZERO)).isFalse();
    assertThat(lifecycle.await(RUNNING, Duration.ofDays(-1))).isFalse();
    assertThat(lifecycle.await(CREATED, Duration.ZERO)).isTrue();
  }

  @Test
  void waitsForEverIfTold() throws Exception {
    Future<Boolean> waiter =
        waiting(state -> state == DRAINING, Duration.ofSeconds(Long.MAX_VALUE));
    lifecycle.moveTo(STARTING);
    lifecycle.moveTo(DRAINING);

    assertThat(waiter.get(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void anInterruptEndsTheWait() {
    AtomicReference<Exception> ended = new AtomicReference<>();
    Thread waiter =
        new Thread(
            () -> {
              try {
                lifecycle.await(RUNNING, LONG);
              } catch (InterruptedException e) {
                ended.set(e);
              }
            });
    waiter.start();
    waiter.interrupt();

    await().atMost(SOON).until(() -> !waiter.isAlive());
    assertThat(ended.get()).isInstanceOf(InterruptedException.class);
  }

  @Test
  @SuppressWarnings("NullAway") // What a caller without null checks may pass.
  void refusesMissingParts() {
    assertThatThrownBy(() -> lifecycle.addListener(null))
        .isInstanceOf(InvalidValueException.class)
        .hasMessage("listener was null: must be given");
    assertThatThrownBy(() -> new Lifecycle(null, (message, error) -> {}))
        .hasMessage("owner was null: must be given");
    assertThatThrownBy(() -> new Lifecycle("worker", null))
        .hasMessage("listenerFailure was null: must be given");
  }

  /** A thread that waits already when this returns. */
  private Future<Boolean> waiting(Predicate<LifecycleState> wanted, Duration timeout) {
    AtomicReference<Thread> thread = new AtomicReference<>();
    Future<Boolean> waiter =
        threads.submit(
            () -> {
              thread.set(Thread.currentThread());
              return lifecycle.await(wanted, timeout);
            });
    await()
        .atMost(SOON)
        .until(() -> thread.get() != null && thread.get().getState() == Thread.State.TIMED_WAITING);
    return waiter;
  }

  private static void follow(List<LifecycleState> seen, LifecycleState from, LifecycleState to) {
    assertThat(from).isEqualTo(seen.get(seen.size() - 1));
    seen.add(to);
  }

  private int move(Random random, List<LifecycleState> targets) {
    int moved = 0;
    for (int i = 0; i < 5_000; i++) {
      if (lifecycle.tryMoveTo(targets.get(random.nextInt(targets.size())))) {
        moved++;
      }
    }
    return moved;
  }
}
