package dev.tandem.redis.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Who goes with which batch. */
class TurnQueueTest {
  private final TurnQueue<String> queue = new TurnQueue<>();

  private void add(String line, int count, int weight) {
    for (int i = 1; i <= count; i++) {
      queue.add(line + i, line, weight);
    }
  }

  private List<String> batch(int maxEntries, int maxBytes) {
    List<String> batch = new ArrayList<>();
    queue.drainTo(batch, maxEntries, maxBytes);
    return batch;
  }

  @Test
  void oneLineFillsBatchesInItsOrder() {
    add("a", 5, 10);
    assertThat(batch(2, 100)).containsExactly("a1", "a2");
    assertThat(batch(10, 25)).containsExactly("a3", "a4");
    assertThat(batch(10, 1)).containsExactly("a5");
    assertThat(batch(10, 100)).isEmpty();
  }

  @Test
  void aBatchHasRoomForEveryLineAndIsFilledByWhoHasMore() {
    add("loud", 1_000, 1);
    add("quiet", 2, 1);
    assertThat(batch(10, 100)).hasSize(10).contains("loud8", "quiet1", "quiet2");
    assertThat(batch(10, 100)).hasSize(10).contains("loud9", "loud18");
    assertThat(queue.size()).isEqualTo(982);
    assertThat(queue.bytes()).isEqualTo(982);
  }

  @Test
  void largeEntriesOfALineLeaveRoomForAnother() {
    add("loud", 100, 10);
    add("quiet", 1, 10);
    assertThat(batch(10, 40)).containsExactly("loud1", "loud2", "quiet1", "loud3");
  }

  @Test
  void whereABatchHasNoRoomForAllTheNextGoesOn() {
    for (String line : List.of("a", "b", "c", "d", "e")) {
      add(line, 3, 1);
    }
    assertThat(batch(2, 100)).containsExactly("a1", "b1");
    assertThat(batch(10, 2)).containsExactly("c1", "d1");
    assertThat(batch(2, 100)).containsExactly("e1", "a2");
  }

  @Test
  void knowsWhetherOldOnesWait() {
    add("loud", 10, 1);
    long before = queue.newest();
    add("quiet", 1, 1);
    assertThat(batch(2, 100)).containsExactly("loud1", "quiet1");
    assertThat(queue.holdsUpTo(1)).isFalse();
    assertThat(queue.holdsUpTo(before)).isTrue();
    batch(9, 100);
    assertThat(queue.holdsUpTo(before)).isFalse();
  }

  @Test
  void everyEntryLeavesOnceInTheOrderOfItsLineAndWithinTheLimits() {
    long seed = new Random().nextLong();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    TurnQueue<int[]> entries = new TurnQueue<>(); // line, number, weight
    int[] added = new int[20];
    Map<Integer, Integer> last = new HashMap<>();
    int in = 0;
    int out = 0;
    while (in < 20_000 || !entries.isEmpty()) {
      for (int i = random.nextInt(60); i > 0 && in < 20_000; i--) {
        int line = random.nextInt(1 + random.nextInt(20));
        int weight = random.nextInt(30);
        entries.add(new int[] {line, ++added[line], weight}, line, weight);
        in++;
      }
      int maxEntries = 1 + random.nextInt(40);
      int maxBytes = 1 + random.nextInt(400);
      boolean any = !entries.isEmpty();
      List<int[]> batch = new ArrayList<>();
      entries.drainTo(batch, maxEntries, maxBytes);
      assertThat(batch.isEmpty()).isNotEqualTo(any);
      assertThat(batch.size()).isLessThanOrEqualTo(maxEntries);
      int bytes = batch.stream().mapToInt(entry -> entry[2]).sum();
      assertThat(bytes <= maxBytes || batch.size() == 1).isTrue();
      for (int[] entry : batch) {
        assertThat(entry[1]).isEqualTo(last.getOrDefault(entry[0], 0) + 1);
        last.put(entry[0], entry[1]);
      }
      out += batch.size();
      assertThat(entries.size()).isEqualTo(in - out);
    }
    assertThat(out).isEqualTo(in);
    assertThat(entries.bytes()).isZero();
  }
}
