package dev.tandem.redis.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.error.BufferFullException;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.MessagingException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Timeout;

/** Many callers, a sink in all its moods, flushes and closes at any moment. */
@Timeout(60)
class BatchSenderRandomTest {
  private static final int PRODUCERS = 4;
  private static final int EACH = 1_500;

  @RepeatedTest(40)
  void everyEntryThatWasTakenIsSettledOnceAndInOrder() throws Exception {
    long seed = new Random().nextLong();
    try {
      run(seed);
    } catch (Throwable e) {
      throw new AssertionError("with seed " + seed, e);
    }
  }

  private static void run(long seed) throws Exception {
    Random random = new Random(seed);
    AtomicIntegerArray settled = new AtomicIntegerArray(PRODUCERS * EACH);
    AtomicInteger unsettled = new AtomicInteger();
    ConcurrentLinkedQueue<Integer> order = new ConcurrentLinkedQueue<>();
    Random moods = new Random(random.nextLong());
    BatchSink<Integer> sink =
        new BatchSink<>() {
          private final List<Integer> begun = new ArrayList<>();
          private long taken;

          @Override
          public boolean canBegin(Integer entry) {
            return entry % 3 != 0;
          }

          @Override
          public void begin(Integer entry) {
            taken++;
            if (moods.nextInt(20) == 0) {
              throw new IllegalStateException("mood");
            }
            begun.add(entry);
          }

          @Override
          public Kept kept() {
            return begun.isEmpty()
                ? Kept.NOTHING
                : new Kept(1, begun.get(0) % 20, taken - 1, System.nanoTime());
          }

          @Override
          public void failKept(MessagingException why) {
            settleBegun();
          }

          private void settleBegun() {
            begun.forEach(this::settle);
            begun.clear();
          }

          @Override
          public void send(List<Integer> batch) {
            settleBegun();
            taken += batch.size();
            switch (moods.nextInt(20)) {
              case 0 -> throw new IllegalStateException("mood");
              case 1 -> throw new AssertionError("mood");
              case 2 -> Thread.onSpinWait();
              default -> {}
            }
            batch.forEach(this::settle);
          }

          @Override
          public void fail(Integer entry, MessagingException why) {
            settle(entry);
          }

          private void settle(Integer entry) {
            settled.incrementAndGet(entry);
            unsettled.decrementAndGet();
            order.add(entry);
          }
        };
    BatchSettings settings =
        new BatchSettings(
            1 + random.nextInt(50),
            1 + random.nextInt(400),
            random.nextBoolean() ? Duration.ZERO : Duration.ofNanos(random.nextInt(2_000_000)),
            1 + random.nextInt(100),
            1 + random.nextInt(1_000),
            Duration.ofMillis(random.nextInt(3)));
    int lines = 1 + random.nextInt(PRODUCERS);
    List<Thread> made = new ArrayList<>();
    BatchSender<Integer> sender =
        new BatchSender<>(
            "random",
            settings,
            entry -> entry % 20,
            entry -> entry / EACH % lines,
            sink,
            task -> {
              Thread thread = new Thread(task);
              thread.setDaemon(true);
              made.add(thread);
              return thread;
            });

    boolean[] taken = new boolean[PRODUCERS * EACH];
    CountDownLatch done = new CountDownLatch(PRODUCERS);
    for (int p = 0; p < PRODUCERS; p++) {
      int first = p * EACH;
      boolean interruptsItself = random.nextInt(4) == 0;
      Thread producer =
          new Thread(
              () -> {
                for (int i = first; i < first + EACH; i++) {
                  if (interruptsItself && i % 97 == 0) {
                    Thread.currentThread().interrupt();
                  }
                  unsettled.incrementAndGet();
                  try {
                    if (i % 3 == 0) {
                      sender.addAwaited(i);
                    } else {
                      sender.add(i);
                    }
                    taken[i] = true;
                  } catch (BufferFullException | ClosedException e) {
                    unsettled.decrementAndGet();
                  }
                  boolean ignored = Thread.interrupted();
                }
                done.countDown();
              });
      producer.setDaemon(true);
      producer.start();
    }
    int flushes = random.nextInt(5);
    for (int i = 0; i < flushes; i++) {
      sender.flush(Duration.ofMillis(random.nextInt(3)));
    }
    boolean closeEarly = random.nextBoolean();
    Thread second = new Thread(() -> sender.close(Duration.ofMillis(1)));
    if (closeEarly) {
      second.start();
      sender.close(Duration.ofMillis(random.nextInt(5)));
    }
    assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
    if (!closeEarly) {
      assertThat(sender.flush(Duration.ofSeconds(20))).isTrue();
      assertThat(unsettled).hasValue(0);
    }
    sender.close(Duration.ofSeconds(20));
    second.join(10_000);
    made.get(0).join(10_000);
    assertThat(made.get(0).isAlive()).isFalse();

    for (int i = 0; i < taken.length; i++) {
      assertThat(settled.get(i)).as("entry %d", i).isEqualTo(taken[i] ? 1 : 0);
    }
    assertThat(unsettled).hasValue(0);
    assertThat(sender.waiting()).isZero();
    if (!closeEarly) {
      assertOrdered(order);
    }
  }

  private static void assertOrdered(Iterable<Integer> order) {
    int[] last = new int[PRODUCERS];
    java.util.Arrays.fill(last, -1);
    for (int entry : order) {
      int producer = entry / EACH;
      assertThat(entry).isGreaterThan(last[producer]);
      last[producer] = entry;
    }
  }
}
