package dev.tandem.hybrid;

import static dev.tandem.hybrid.TransactionStage.BOARD;
import static dev.tandem.hybrid.TransactionStage.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The worker's process is killed before, during and after the commit: once, all the same. */
@RedisTest(dedicated = true)
@Timeout(180)
class HybridTransactionCrashIT {
  private final TransactionStage stage;
  private final Viewer viewer = new Viewer();

  HybridTransactionCrashIT(RedisServer server, @UniqueTenant String tenant) {
    this.stage = new TransactionStage(server, tenant);
  }

  @AfterEach
  void close() {
    stage.close();
  }

  @Test
  void killedInItsHandlersAndWhileCommitsAreUnderWayEachMessageIsPublishedOnce(FaultProxy proxy)
      throws Exception {
    long seed = new Random().nextLong();
    System.out.println("HybridTransactionCrashIT seed " + seed);
    Random random = new Random(seed);
    List<String> orders = new ArrayList<>();
    try (LiveBus bus = LiveBus.builder(stage.redis).build()) {
      bus.subscribe(stage.tenant, BOARD, SubscribeOptions.fromNow(), viewer).active().join();
      for (int round = 0; round < 5; round++) {
        Process process = TransactionMain.start(proxy.url(), stage.tenant);
        try {
          int from = orders.size();
          send(orders, "m", 100 + random.nextInt(200));
          await().atMost(SOON).until(() -> viewer.count() > 2 * from + random.nextInt(100));
          if (round % 2 == 0) {
            send(orders, "halt", 1); // killed when all is said, and nothing committed
            assertThat(process.waitFor(SOON.toSeconds(), java.util.concurrent.TimeUnit.SECONDS))
                .isTrue();
          } else {
            long before = proxy.droppedReplies();
            proxy.executeButDropReply(line -> line.contains("publish"));
            send(orders, "m", 10);
            await().atMost(SOON).until(() -> proxy.droppedReplies() > before);
          }
        } finally {
          process.destroyForcibly().waitFor();
        }
      }
      Process last = TransactionMain.start(proxy.url(), stage.tenant);
      try {
        await()
            .atMost(SOON)
            .until(() -> stage.total("handled") == orders.size() && stage.pending() == 0);
        await().atMost(SOON).until(() -> viewer.count() == 2 * orders.size());
      } finally {
        last.destroyForcibly().waitFor();
      }
    }
    assertOnce(orders, seed);
  }

  private void send(List<String> orders, String prefix, int count) {
    for (int i = 0; i < count; i++) {
      String order = prefix + orders.size();
      orders.add(order);
      stage.send(order);
    }
  }

  private void assertOnce(List<String> orders, long seed) {
    TreeSet<String> wanted = new TreeSet<>();
    orders.forEach(order -> wanted.addAll(List.of(order + " seen", order + " paid")));
    List<String> live = stage.live("board");
    assertThat(live).as("live, seed %s", seed).doesNotHaveDuplicates();
    assertThat(new TreeSet<>(live)).as("live, seed %s", seed).isEqualTo(wanted);
    assertThat(viewer.payloads()).as("seen, seed %s", seed).isEqualTo(live);
    assertThat(viewer.gaps()).isEmpty();
    assertThat(List.copyOf(stage.sides.buffer("board").keySet()))
        .as("versions, seed %s", seed)
        .isEqualTo(IntStream.rangeClosed(1, live.size()).mapToObj(Long::valueOf).toList());
    List<String> receipts = stage.sides.payloads("receipts");
    assertThat(receipts).as("outputs, seed %s", seed).hasSameSizeAs(orders).doesNotHaveDuplicates();
    stage
        .sides
        .versionsInStream("receipts")
        .forEach(
            (version, id) -> assertThat(stage.sides.buffer("board")).containsEntry(version, id));
  }
}
