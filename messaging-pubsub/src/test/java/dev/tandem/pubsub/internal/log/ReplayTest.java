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

  private static Replay nothing(@Nullable GapReason gap, Position head) {
    return new Replay(gap, head, List.of(), true, head);
  }
}
