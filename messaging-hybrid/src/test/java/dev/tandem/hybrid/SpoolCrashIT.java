package dev.tandem.hybrid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.FaultProxy;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The process is killed while it spools and while it replays; what it was told is safe is there.
 */
@RedisTest(dedicated = true, appendOnly = true)
@Timeout(240)
class SpoolCrashIT {
  private final Tenant tenant;
  private final BothSides sides;
  private final TreeSet<Long> safe = new TreeSet<>();
  private long next;
  @TempDir private Path directory;

  SpoolCrashIT(RedisServer server, @UniqueTenant String tenant) {
    this.tenant = Tenant.of(tenant);
    this.sides = new BothSides(server, "tenant:" + tenant);
  }

  @Test
  void killedAgainAndAgainNothingIsLostOrDoubledOrOutOfOrder(FaultProxy proxy) throws Exception {
    long seed = new Random().nextLong();
    System.out.println("SpoolCrashIT seed " + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 6; round++) {
      boolean beginsAway = round % 3 != 2;
      if (beginsAway) {
        proxy.refuse();
      } else {
        proxy.heal();
      }
      try (SpoolingChild child = child(proxy, next)) {
        awaitSafe(child, 200 + random.nextInt(1_000));
        if (round % 3 == 1) {
          proxy.heal(); // killed while it replays
          for (int i = random.nextInt(4); i > 0; i--) {
            proxy.executeButDropReply(command -> command.contains("EVAL"));
          }
          awaitSafe(child, child.safe().size() + random.nextInt(400));
        } else if (round % 3 == 2) {
          proxy.refuse(); // killed where it begins to spool
          awaitSafe(child, child.safe().size() + random.nextInt(600));
        }
        end(child);
      }
    }
    proxy.heal();
    drain(proxy);
    assertAllIsThere(seed);
  }

  @Test
  void aProcessKilledBetweenExecutionAndNoteDoublesNothing(FaultProxy proxy) throws Exception {
    proxy.refuse();
    try (SpoolingChild child = child(proxy, 0)) {
      awaitSafe(child, 1_500);
      end(child);
    }
    proxy.heal();
    for (int round = 0; round < 2; round++) {
      long before = proxy.droppedReplies();
      proxy.executeButDropReply(command -> command.contains("EVAL"));
      try (SpoolingChild child = child(proxy, -1)) {
        await().atMost(Duration.ofSeconds(60)).until(() -> proxy.droppedReplies() > before);
        child.kill();
      }
    }
    drain(proxy);
    assertAllIsThere(0);
  }

  @Test
  void aFullDiskRefusesAndWhatWasSafeIsThere(FaultProxy proxy) throws Exception {
    proxy.refuse();
    // No file may grow beyond 200 blocks of 512 bytes: to the process, a disk that is full.
    try (SpoolingChild child =
        SpoolingChild.start("ulimit -f 200", proxy.url(), tenant, directory, 0)) {
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> child.others().stream().anyMatch(line -> line.contains("StorageException")));
      end(child);
    }
    assertThat(safe).isNotEmpty();
    proxy.heal();
    drain(proxy);
    assertAllIsThere(0);
  }

  @Test
  void twoProcessesDoNotUseOneDirectory(FaultProxy proxy) throws Exception {
    proxy.refuse();
    try (SpoolingChild first = child(proxy, 0)) {
      awaitSafe(first, 10);
      try (SpoolingChild second = child(proxy, 1_000_000)) {
        assertThat(second.ends(Duration.ofSeconds(60))).isTrue();
        await()
            .atMost(Duration.ofSeconds(60))
            .until(() -> second.others().stream().anyMatch(line -> line.contains("is in use by")));
        assertThat(second.safe()).isEmpty();
      }
      end(first);
    }
    proxy.heal();
    drain(proxy);
    assertAllIsThere(0);
  }

  private SpoolingChild child(FaultProxy proxy, long from) throws IOException {
    return SpoolingChild.start(":", proxy.url(), tenant, directory, from);
  }

  private static void awaitSafe(SpoolingChild child, int count) {
    await().atMost(Duration.ofSeconds(60)).until(() -> child.safe().size() >= count);
  }

  private void end(SpoolingChild child) throws InterruptedException {
    child.kill();
    safe.addAll(child.safe());
    next = child.attempted() + 1;
  }

  private void drain(FaultProxy proxy) throws Exception {
    try (SpoolingChild child = child(proxy, -1)) {
      assertThat(child.ends(Duration.ofSeconds(60))).isTrue();
      await().until(() -> child.others().stream().anyMatch(line -> line.startsWith("empty ")));
    }
  }

  private void assertAllIsThere(long seed) {
    List<Long> there = sides.payloads("orders").stream().map(Long::valueOf).toList();
    assertThat(there).as("once and in order, seed %s", seed).isSorted().doesNotHaveDuplicates();
    assertThat(new TreeSet<>(there)).as("all that was safe, seed %s", seed).containsAll(safe);
    assertThat(sides.versionsInStream("orders"))
        .as("no halves, seed %s", seed)
        .isEqualTo(sides.buffer("board"));
  }
}
