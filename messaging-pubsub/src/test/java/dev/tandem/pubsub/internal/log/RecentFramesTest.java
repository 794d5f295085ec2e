package dev.tandem.pubsub.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.Position;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RecentFramesTest {
  private static final Position EMPTY = new Position("e", 0, "");
  private static final int FRAME = 100;

  private int words;

  private ReceivedFrame next(Position before) {
    return TestFrames.received(before, "n" + words++, 2);
  }

  private Position fill(RecentFrames.Run run, Position from, int frames) {
    Position at = from;
    for (int i = 0; i < frames; i++) {
      ReceivedFrame frame = next(at);
      run.add(frame);
      at = frame.frame().finish();
    }
    return at;
  }

  private static LogPage page(RecentFrames.Run run) {
    return Objects.requireNonNull(run.page());
  }

  @Test
  void anUnbrokenRunIsAPageThatReachesItsEnd() {
    RecentFrames.Run run = new RecentFrames().run();
    assertThat(run.page()).isNull();

    Position end = fill(run, new Position("e", 40, "x"), 3);

    LogPage page = page(run);
    assertThat(page.head()).isEqualTo(end);
    assertThat(page.since()).isEqualTo(40);
    assertThat(page.frames()).hasSize(3);
    assertThat(page.hasMore()).isFalse();
  }

  @Test
  void whatDoesNotContinueItBeginsAnother() {
    RecentFrames.Run run = new RecentFrames().run();
    Position end = fill(run, EMPTY, 3);

    run.add(next(new Position("e", end.version(), "other")));

    assertThat(page(run).frames()).hasSize(1);
    assertThat(page(run).since()).isEqualTo(end.version());
    run.clear();
    assertThat(run.page()).isNull();
  }

  @Test
  void aChannelIsBoundedByNumberAndBytes() {
    RecentFrames.Run run = new RecentFrames().run();
    fill(run, EMPTY, RecentFrames.CHANNEL_FRAMES + 10);
    assertThat(page(run).frames()).hasSize(RecentFrames.CHANNEL_FRAMES);
    assertThat(page(run).since()).isEqualTo(20);

    RecentFrames.Run large = new RecentFrames().run();
    Position end = fill(large, EMPTY, 5);
    large.add(TestFrames.received(end, "large", 1, (int) RecentFrames.CHANNEL_BYTES + 1));
    assertThat(large.page()).as("a hole would be worse than nothing").isNull();
  }

  @Test
  void theOldestOfAllChannelsGoFirst() {
    RecentFrames recent = new RecentFrames(10 * FRAME);
    RecentFrames.Run quiet = recent.run();
    RecentFrames.Run busy = recent.run();
    Position end = fill(quiet, EMPTY, 6);
    fill(busy, EMPTY, 4);
    assertThat(page(quiet).frames()).hasSize(6);

    fill(busy, page(busy).head(), 4);
    assertThat(page(quiet).frames()).hasSize(2);
    assertThat(page(quiet).head()).isEqualTo(end);
    assertThat(page(busy).frames()).hasSize(8);

    fill(busy, page(busy).head(), 20);
    assertThat(quiet.page()).isNull();
    assertThat(page(busy).frames()).hasSize(10);

    busy.clear();
    fill(quiet, end, 20);
    assertThat(page(quiet).frames()).hasSize(10);
  }

  @Test
  void whoeverAddsAndForgetsTheBoundHolds() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    RecentFrames recent = new RecentFrames(50 * FRAME);
    List<RecentFrames.Run> runs = List.of(recent.run(), recent.run(), recent.run());
    for (int i = 0; i < 5_000; i++) {
      RecentFrames.Run run = runs.get(random.nextInt(3));
      switch (random.nextInt(20)) {
        case 0 -> run.clear();
        case 1 -> fill(run, new Position("e" + i, 0, ""), 1);
        default -> fill(run, end(run.page()), 1 + random.nextInt(3));
      }
      int kept = runs.stream().mapToInt(one -> size(one.page())).sum();
      assertThat(kept).as("seed %d", seed).isLessThanOrEqualTo(50);
    }
    runs.forEach(RecentFrames.Run::clear);
    fill(runs.get(0), EMPTY, 60);
    assertThat(size(runs.get(0).page()))
        .as("seed %d: nothing is counted twice", seed)
        .isEqualTo(50);
  }

  private static Position end(@Nullable LogPage page) {
    return page == null ? EMPTY : page.head();
  }

  private static int size(@Nullable LogPage page) {
    return page == null ? 0 : page.frames().size();
  }
}
