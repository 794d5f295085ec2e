package dev.tandem.streams.internal.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GateTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  @Test
  void whoGivesBackWaitsForThoseWhoSettleAndKeepsOthersOut() {
    Gate gate = new Gate();
    assertThat(gate.tryEnter()).isTrue();
    gate.enter();
    CountDownLatch end = new CountDownLatch(1);
    AtomicBoolean gives = new AtomicBoolean();
    CompletableFuture<Void> giving =
        CompletableFuture.runAsync(
            () ->
                gate.give(
                    () -> {
                      gives.set(true);
                      gate.give(() -> await().until(() -> end.getCount() == 0));
                    }));
    await().atMost(SOON).until(() -> isShut(gate));
    gate.leave();
    assertThat(gives).isFalse();
    gate.leave();
    await().atMost(SOON).untilTrue(gives);
    assertThat(gate.tryEnter()).isFalse();
    CompletableFuture<Void> late = CompletableFuture.runAsync(gate::enter);
    await().during(Duration.ofMillis(50)).until(() -> !late.isDone());
    assertThat(new Gate().tryEnter()).isTrue();
    end.countDown();
    giving.join();
    late.join();
    gate.leave();
    assertThat(gate.tryEnter()).isTrue();
  }

  private static boolean isShut(Gate gate) {
    boolean entered = gate.tryEnter();
    if (entered) {
      gate.leave();
    }
    return !entered;
  }

  @Test
  void manyWhoSettleOnSeveralStreamsAndGiveBackNeverMeetNorWaitForEver() {
    long seed = new Random().nextLong();
    System.out.println("GateTest seed " + seed);
    List<Gate> gates = List.of(new Gate(), new Gate(), new Gate());
    List<AtomicInteger> settling = gates.stream().map(gate -> new AtomicInteger()).toList();
    AtomicInteger met = new AtomicInteger();
    List<CompletableFuture<Void>> all =
        IntStream.range(0, 6)
            .mapToObj(
                number ->
                    CompletableFuture.runAsync(
                        () -> work(new Random(seed + number), gates, settling, met)))
            .toList();
    CompletableFuture<Void> done = CompletableFuture.allOf(all.toArray(CompletableFuture[]::new));
    await().atMost(SOON).until(done::isDone);
    done.join();
    assertThat(met).hasValue(0);
  }

  private static void work(
      Random random, List<Gate> gates, List<AtomicInteger> settling, AtomicInteger met) {
    for (int i = 0; i < 2_000; i++) {
      int one = random.nextInt(gates.size());
      if (random.nextInt(4) == 0) {
        gates.get(one).give(() -> met.addAndGet(settling.get(one).get()));
      } else {
        int other = random.nextInt(gates.size());
        List<Gate> entered = Gate.enterAll(List.of(gates.get(other), gates.get(one)));
        settling.get(one).incrementAndGet();
        settling.get(one).decrementAndGet();
        entered.forEach(Gate::leave);
      }
    }
  }
}
