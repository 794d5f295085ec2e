package dev.tandem.hybrid.internal.spool;

import static dev.tandem.hybrid.internal.spool.SpoolStoreTest.append;
import static dev.tandem.hybrid.internal.spool.SpoolStoreTest.call;
import static dev.tandem.hybrid.internal.spool.SpoolStoreTest.contents;
import static dev.tandem.hybrid.internal.spool.SpoolStoreTest.heads;
import static dev.tandem.hybrid.internal.spool.SpoolStoreTest.records;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.hybrid.Spool;
import dev.tandem.tenant.Tenant;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One record that waits does not keep the room of a whole file. */
class SpoolShrinkTest {
  private static final Tenant STUCK = Tenant.of("stuck");
  private static final Tenant BUSY = Tenant.of("busy");
  private static final long MOST = 1 << 20;

  @TempDir private Path directory;
  private final List<String> waiting = new ArrayList<>();
  private long number;

  @Test
  void aTenantThatIsStuckLeavesRoomToOthersForManyOutages() throws IOException {
    try (SpoolStore store = open()) {
      for (int i = 0; i < 200; i++) {
        outage(store);
        shrink(store);
        assertThat(records(directory).size()).isLessThan(20);
      }
      assertThat(contents(store)).containsEntry(STUCK, waiting).doesNotContainKey(BUSY);
      assertThat(store.stats().bytes()).isEqualTo(bytes()).isLessThan(MOST / 4);
    }
    try (SpoolStore store = open()) {
      assertThat(contents(store)).containsEntry(STUCK, waiting).doesNotContainKey(BUSY);
      while (!heads(store).isEmpty()) {
        store.settle(heads(store).get(0).get(0));
      }
      append(store, call(BUSY, ++number, "more"));
      assertThat(records(directory)).hasSize(1);
    }
  }

  @Test
  void whatACrashLeavesOfRewrittenFilesIsNotThereTwice() throws IOException {
    Path copy = Files.createDirectory(directory.resolve("copy"));
    try (SpoolStore store = open()) {
      for (int i = 0; i < 5; i++) {
        outage(store);
      }
      for (Path file : records(directory)) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
      shrink(store);
    }
    List<Path> left = records(directory);
    for (Path file : records(copy)) {
      if (left.stream().noneMatch(one -> one.getFileName().equals(file.getFileName()))) {
        Files.copy(file, directory.resolve(file.getFileName()));
      }
    }
    assertThat(records(directory).size()).isGreaterThan(left.size());
    Path unfinished = left.get(0).resolveSibling(left.get(0).getFileName() + Segment.REWRITTEN);
    Files.write(unfinished, new byte[10]);
    try (SpoolStore store = open()) {
      assertThat(contents(store).get(STUCK)).isEqualTo(waiting);
      assertThat(unfinished).doesNotExist();
    }
  }

  @Test
  void nothingIsWrittenToAFileThatIsBeingRewritten() throws IOException {
    try (SpoolStore store = open()) {
      outage(store);
      append(store, call(BUSY, ++number, "x".repeat(60_000)));
      List<Segment> old = store.state().freezeForRewriting();
      assertThat(old).hasSize(1);
      long size = old.get(0).size();
      store.settle(store.state().heads(BUSY::equals, 1, 1).get(0).get(0));
      append(store, call(BUSY, ++number, "behind")); // the file before is the last one now

      assertThat(old.get(0).size()).isEqualTo(size);
      shrink(store);
      assertThat(contents(store)).containsEntry(BUSY, List.of("behind"));
    }
    try (SpoolStore store = open()) {
      assertThat(contents(store))
          .containsEntry(STUCK, waiting)
          .containsEntry(BUSY, List.of("behind"));
    }
  }

  /** Fills more than a file; all of it is replayed but one message. */
  private void outage(SpoolStore store) {
    for (int i = 0; i < 10; i++) {
      if (i == 7) {
        waiting.add("waits" + waiting.size());
        append(store, call(STUCK, ++number, waiting.get(waiting.size() - 1)));
      }
      append(store, call(BUSY, ++number, "x".repeat(10_000)));
    }
    for (List<SpoolRecord> head : heads(store)) {
      if (head.get(0).tenant().equals(BUSY)) {
        head.forEach(store::settle);
      }
    }
  }

  private static void shrink(SpoolStore store) throws IOException {
    boolean more = true;
    while (more) {
      more = store.shrink();
    }
  }

  private long bytes() throws IOException {
    long bytes = 0;
    for (Path file : records(directory)) {
      bytes += Files.size(file);
    }
    return bytes;
  }

  private SpoolStore open() {
    return SpoolStoreTest.open(Spool.at(directory).maxBytes(MOST));
  }
}
