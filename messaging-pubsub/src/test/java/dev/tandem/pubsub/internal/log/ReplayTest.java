package dev.tandem.pubsub.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ReplayTest {
  private static final Position EMPTY = new Position("e", 0, "");
  private static final ReceivedFrame ONE = TestFrames.received(EMPTY, "a", 1);
  private static final ReceivedFrame THREE = TestFrames.received(ONE.frame().finish(), "b", 3);

  private static LogPage newest(Position head, ReceivedFrame... frames) {
    return new LogPage(head, LogPage.NOTHING, List.of(frames), false);
  }

  @Test
  void theLatestIsOnlyTheLastMessageOfItsFrame() {
    Replay replay = Replay.of(Start.LATEST, 10, newest(THREE.frame().finish(), THREE));

    assertThat(replay)
        .isEqualTo(
            new Replay(
                null, new Position("e", 3, "b"), List.of(THREE), true, new Position("e", 4, "b")));
    assertThat(Replay.of(Start.LATEST, 10, newest(ONE.frame().finish(), ONE)).start())
        .isEqualTo(EMPTY);
  }

  @Test
  void withoutTheNewestMessageTheLatestIsNothing() {
    assertThat(Replay.of(Start.LATEST, 10, newest(EMPTY))).isEqualTo(nothing(null, EMPTY));
    Position trimmed = THREE.frame().finish();
    assertThat(Replay.of(Start.LATEST, 10, newest(trimmed, ONE))).isEqualTo(nothing(null, trimmed));
    Position other = new Position("x", 1, "a");
    assertThat(Replay.of(Start.LATEST, 10, newest(other, ONE))).isEqualTo(nothing(null, other));
  }

  @Test
  void whoWantsNothingReplayedIsToldOfTheLatest() {
    assertThat(Replay.of(Start.LATEST, 0, newest(ONE.frame().finish(), ONE)))
        .isEqualTo(nothing(GapReason.TOO_FAR, ONE.frame().finish()));
  }

  @Test
  void justAsMuchAsIsWantedIsReplayed() {
    Position head = THREE.frame().finish();
    LogPage page = new LogPage(head, 0, List.of(ONE, THREE), false);
    Start elsewhere = Start.after(new Position("x", 7, "a"));

    assertThat(Replay.of(Start.OLDEST, 4, page)).isEqualTo(whole(null, page));
    assertThat(Replay.of(Start.OLDEST, 3, page)).isEqualTo(nothing(GapReason.TOO_FAR, head));
    assertThat(Replay.of(Start.after(EMPTY), 4, page)).isEqualTo(whole(null, page));
    assertThat(Replay.of(Start.after(EMPTY), 3, page)).isEqualTo(nothing(GapReason.TOO_FAR, head));
    assertThat(Replay.of(elsewhere, 4, page)).isEqualTo(whole(GapReason.EPOCH_CHANGED, page));
    assertThat(Replay.of(elsewhere, 3, page)).isEqualTo(nothing(GapReason.EPOCH_CHANGED, head));
  }

  private static Replay whole(@Nullable GapReason gap, LogPage page) {
    return new Replay(gap, EMPTY, page.frames(), true, page.head());
  }

  private static Replay nothing(@Nullable GapReason gap, Position head) {
    return new Replay(gap, head, List.of(), true, head);
  }
}
