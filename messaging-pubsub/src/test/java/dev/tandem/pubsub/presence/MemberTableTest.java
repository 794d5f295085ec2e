package dev.tandem.pubsub.presence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.pubsub.presence.MemberTable.Change;
import dev.tandem.pubsub.presence.MemberTable.Kind;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MemberTableTest {
  private static final Duration INTERVAL = Duration.ofMillis(100);
  private static final Member SELF = member("self", "r0");
  private static final Member ONE = member("one", "r1");
  private static final Member ONE_AGAIN = member("one", "r2");

  private final MemberTable table = new MemberTable(SELF, INTERVAL, 3, 3);
  private long now = Long.MAX_VALUE - 50;

  private static Member member(String instanceId, String run) {
    return new Member(instanceId, run, Map.of());
  }

  private List<Change> echoAfter(long millis) {
    now += Duration.ofMillis(millis).toNanos();
    return table.echoed(now);
  }

  @Test
  void isLostAfterTheMissedHeartbeatsOfItsOwnInterval() {
    echoAfter(0);
    assertThat(table.beaten(ONE, 200, now)).containsExactly(new Change(Kind.JOINED, ONE));
    for (int i = 1; i <= 6; i++) { // three of its own
      assertThat(echoAfter(100)).isEmpty();
    }
    assertThat(echoAfter(100)).containsExactly(new Change(Kind.LOST, ONE));
    assertThat(table.members()).containsExactly(SELF);
    assertThat(table.beaten(ONE, 200, now)).containsExactly(new Change(Kind.JOINED, ONE));
  }

  @Test
  void nobodyIsLostBecauseWeHeardNothing() {
    echoAfter(0);
    table.beaten(ONE, 100, now);
    echoAfter(100);
    echoAfter(100);
    assertThat(echoAfter(1_000_000)).isEmpty();
    assertThat(echoAfter(100)).isEmpty();
    assertThat(echoAfter(100)).isEmpty();
    assertThat(echoAfter(100)).isEmpty();
    assertThat(echoAfter(100)).containsExactly(new Change(Kind.LOST, ONE));
  }

  @Test
  void heartbeatsOfOursThatComeTogetherCountAsTheTimeTheyTook() {
    echoAfter(0);
    table.beaten(ONE, 100, now);
    for (int i = 0; i < 100; i++) {
      assertThat(echoAfter(1)).isEmpty();
    }
  }

  @Test
  void whoIsHeardMoreOftenThanWeHearOurselvesStays() {
    echoAfter(0);
    table.beaten(ONE, 10, now);
    assertThat(echoAfter(190)).isEmpty();
    assertThat(echoAfter(100)).isEmpty();
    assertThat(echoAfter(100)).containsExactly(new Change(Kind.LOST, ONE));
  }

  @Test
  void whoHasLeftDoesNotReturnByALateHeartbeat() {
    table.started(ONE, 100, now);
    assertThat(table.stopped(ONE)).containsExactly(new Change(Kind.LEFT, ONE));
    assertThat(table.beaten(ONE, 100, now)).isEmpty();
    assertThat(table.stopped(ONE)).isEmpty();
    assertThat(table.members()).containsExactly(SELF);
  }

  @Test
  void anInstanceStartedAgainReplacesItsFormerRun() {
    table.started(ONE, 100, now);
    assertThat(table.started(ONE_AGAIN, 100, now))
        .containsExactly(new Change(Kind.LOST, ONE), new Change(Kind.JOINED, ONE_AGAIN));
    assertThat(table.beaten(ONE, 100, now)).isEmpty();
    assertThat(table.members()).containsExactly(SELF, ONE_AGAIN);
  }

  @Test
  void oneTooManyIsRefusedAndTheOthersStay() {
    table.started(ONE, 100, now);
    table.started(member("two", "r3"), 100, now);
    assertThatThrownBy(() -> table.started(member("three", "r4"), 100, now))
        .isInstanceOf(InvalidValueException.class);
    assertThat(table.members()).hasSize(3);
  }

  @Test
  void listensAsLongAsItHearsItself() {
    assertThat(table.isListening(now)).isFalse();
    echoAfter(0);
    assertThat(table.isListening(now + Duration.ofMillis(200).toNanos())).isTrue();
    assertThat(table.isListening(now + Duration.ofMillis(201).toNanos())).isFalse();
    assertThat(table.beaten(SELF, 100, now)).isEmpty();
  }
}
