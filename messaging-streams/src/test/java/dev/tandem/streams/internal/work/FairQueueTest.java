package dev.tandem.streams.internal.work;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Whose turn it is. */
class FairQueueTest {
  private static final class Call extends Attempt {
    private final String name;

    Call(Flow flow, String name) {
      super(flow);
      this.name = name;
    }

    @Override
    void run(long nowNanos) {}

    @Override
    void fail(TimeoutException overrun) {}
  }

  private final Flow loud = new Flow();
  private final Flow quiet = new Flow();

  private static void add(FairQueue queue, Flow flow, String... names) {
    for (String name : names) {
      queue.add(new Call(flow, name));
    }
  }

  private static List<String> all(FairQueue queue) {
    List<String> names = new ArrayList<>();
    for (Attempt next = queue.poll(); next != null; next = queue.poll()) {
      names.add(((Call) next).name);
      queue.ended(next);
    }
    return names;
  }

  @Test
  void tenantsTakeTurnsAndEachOnesCallsKeepTheirOrder() {
    FairQueue queue = new FairQueue(Integer.MAX_VALUE);
    add(queue, loud, "l1", "l2", "l3", "l4");
    add(queue, quiet, "q1", "q2");
    assertThat(all(queue)).containsExactly("l1", "q1", "l2", "q2", "l3", "l4");
    assertThat(queue.startable()).isZero();
  }

  @Test
  void aTenantOfWhichTheMostRunIsPassedOverUntilOneEnds() {
    FairQueue queue = new FairQueue(1);
    add(queue, loud, "l1", "l2");
    add(queue, quiet, "q1");
    Attempt first = queue.poll();
    Attempt second = queue.poll();
    assertThat(List.of(name(first), name(second))).containsExactly("l1", "q1");
    assertThat(queue.startable()).isZero();
    assertThat(queue.poll()).isNull();
    queue.ended(Objects.requireNonNull(first));
    assertThat(queue.startable()).isEqualTo(1);
    assertThat(name(queue.poll())).isEqualTo("l2");
  }

  private static String name(@Nullable Attempt attempt) {
    return attempt == null ? "none" : ((Call) attempt).name;
  }

  @Test
  void manyThreadsTakeEveryCallOnceAndNeverMoreOfATenantThanMay() throws Exception {
    long seed = new Random().nextLong();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    FairQueue queue = new FairQueue(2);
    List<Flow> flows = List.of(loud, quiet, new Flow());
    List<AtomicInteger> running =
        List.of(new AtomicInteger(), new AtomicInteger(), new AtomicInteger());
    AtomicInteger most = new AtomicInteger();
    AtomicInteger taken = new AtomicInteger();
    int calls = 30_000;
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      Thread thread =
          new Thread(
              () -> {
                while (taken.get() < calls) {
                  Attempt next = queue.poll();
                  if (next == null) {
                    Thread.onSpinWait();
                    continue;
                  }
                  AtomicInteger mine = running.get(flows.indexOf(next.flow()));
                  most.accumulateAndGet(mine.incrementAndGet(), Math::max);
                  mine.decrementAndGet();
                  queue.ended(next);
                  taken.incrementAndGet();
                }
              });
      threads.add(thread);
      thread.start();
    }
    for (int i = 0; i < calls; i++) {
      add(queue, flows.get(random.nextInt(3)), "c" + i);
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(taken).hasValue(calls);
    assertThat(most.get()).isLessThanOrEqualTo(2);
    assertThat(queue.startable()).isZero();
    assertThat(queue.poll()).isNull();
  }
}
