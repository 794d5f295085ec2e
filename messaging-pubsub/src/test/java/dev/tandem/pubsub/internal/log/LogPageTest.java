package dev.tandem.pubsub.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A page that was read for one reader gives every other that it covers what its own would give. */
class LogPageTest {
  private static final long MANY = 1_000_000;

  private final List<ReceivedFrame> stored = new ArrayList<>();
  private final List<Position> positions = new ArrayList<>();
  private Position head = new Position("e", 0, "");

  private void publish(Random random, int frames) {
    for (int i = 0; i < frames; i++) {
      ReceivedFrame frame = TestFrames.received(head, "n" + stored.size(), 1 + random.nextInt(5));
      stored.add(frame);
      positions.add(head);
      for (int m = 0; m < frame.count(); m++) {
        positions.add(frame.frame().positionOf(m));
      }
      head = frame.frame().finish();
    }
  }

  /** As the script does it. */
  private LogPage read(Start from, int most) {
    Position at = from.after();
    boolean own = at != null && at.epoch().equals(head.epoch());
    long since = at != null && own ? at.version() : 0;
    if (own && since >= head.version()) {
      return new LogPage(head, since, List.of(), false);
    }
    List<ReceivedFrame> found =
        stored.stream().filter(frame -> frame.frame().lastVersion() >= since).toList();
    boolean more = found.size() > most;
    return new LogPage(head, since, more ? found.subList(0, most) : found, more);
  }

  @Test
  void judgesEachAsItsOwnReadWould() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int covered = 0;
    for (int round = 0; round < 300; round++) {
      stored.clear();
      positions.clear();
      head = new Position("e", 0, "");
      publish(random, 1 + random.nextInt(40));
      stored.subList(0, random.nextInt(stored.size())).clear();
      positions.add(new Position("other", 1 + random.nextInt(50), "n"));
      positions.add(new Position("e", 1 + random.nextInt(100), "rolledback"));
      int most = 2 + random.nextInt(10);
      Start first = start(random);
      LogPage shared = read(first, most);
      for (int i = 0; i < 50; i++) {
        Start other = start(random);
        if (!shared.covers(other)) {
          continue;
        }
        covered++;
        Replay expected = Replay.of(other, MANY, read(other, Integer.MAX_VALUE));
        Replay given = Replay.of(other, MANY, shared);
        String which = "seed " + seed + ": " + other + " by the page of " + first;
        assertThat(given.gap()).as(which).isEqualTo(expected.gap());
        assertThat(given.start()).as(which).isEqualTo(expected.start());
        assertThat(expected.frames())
            .as(which)
            .startsWith(given.frames().toArray(ReceivedFrame[]::new));
        if (!shared.hasMore()) {
          assertThat(given).as(which).isEqualTo(expected);
        }
        assertThat(given.complete() || !given.frames().isEmpty()).as(which).isTrue();
      }
      assertThat(shared.covers(Start.NOW)).isTrue();
    }
    assertThat(covered).as("seed %d", seed).isGreaterThan(1_000);
  }

  private Start start(Random random) {
    return switch (random.nextInt(8)) {
      case 0 -> Start.OLDEST;
      case 1 -> Start.LATEST;
      default -> Start.after(positions.get(random.nextInt(positions.size())));
    };
  }
}
