package dev.tandem.pubsub.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.Position;
import org.junit.jupiter.api.Test;

/** However much arrives while the log is read, what is held is bounded. */
class HeldFramesTest {
  private static final int HALF = HeldFrames.MOST_BYTES / 2;

  private final HeldFrames held = new HeldFrames();
  private Position at = new Position("e", 0, "");

  private boolean holdsOneMore(int size) {
    ReceivedFrame next = TestFrames.received(at, "n" + at.version(), 1, size);
    at = next.frame().finish();
    return held.add(next, Origin.LIVE, 1);
  }

  @Test
  void oneFrameTooManyDropsAll() {
    for (int i = 0; i < HeldFrames.MOST_FRAMES; i++) {
      assertThat(holdsOneMore(1)).isTrue();
    }
    assertThat(holdsOneMore(1)).isFalse();
    assertThat(held.takeInOrder()).isEmpty();
    assertThat(holdsOneMore(1)).isTrue();
  }

  @Test
  void oneByteTooManyDropsAll() {
    assertThat(holdsOneMore(HALF)).isTrue();
    assertThat(holdsOneMore(HALF)).isTrue();
    assertThat(holdsOneMore(1)).isFalse();
    assertThat(held.takeInOrder()).isEmpty();
    assertThat(holdsOneMore(HALF)).as("nothing of what was dropped counts").isTrue();
    assertThat(holdsOneMore(HALF)).isTrue();
    assertThat(held.takeInOrder()).hasSize(2);
  }

  @Test
  void oneThatIsLargerThanAllMayBeIsHeldAlone() {
    assertThat(holdsOneMore(HeldFrames.MOST_BYTES + 1)).isTrue();
    assertThat(holdsOneMore(1)).isFalse();
  }
}
