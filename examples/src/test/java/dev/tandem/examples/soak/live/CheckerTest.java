package dev.tandem.examples.soak.live;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.Gap;
import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A checker is worth what it finds: each kind of breach, made on purpose. */
class CheckerTest {
  private static final int KEPT = 10;

  private final Checker checker =
      new Checker(
          List.of(Channel.of("board", Serde.string()).recoverable(Duration.ofHours(1), KEPT)));
  private final List<Position> log = new ArrayList<>();
  private String epoch = "first";

  @BeforeEach
  void begin() {
    for (int subscriber = 0; subscriber < LiveScenery.SUBSCRIBERS; subscriber++) {
      checker.accept(subscriber, SubscriberReport.started(0, new Position(epoch, 0, "")));
    }
  }

  /** Publishes so many, as publisher 0. */
  private void publish(int count) {
    for (int i = 0; i < count; i++) {
      log.add(new Position(epoch, log.size() + 1L, "n" + log.size()));
      checker.published(0, checker.issue(0, 0), at(log.size()));
    }
  }

  /** The log is lost and begins anew. */
  private void loseLog(String newEpoch) {
    checker.losesLog(0);
    epoch = newEpoch;
    log.clear();
  }

  private Position at(int version) {
    return version == 0 ? new Position(epoch, 0, "") : log.get(version - 1);
  }

  /** Gives a subscriber these versions, when they bear the numbers that they have in one log. */
  private void give(int subscriber, int... versions) {
    for (int version : versions) {
      giveNumber(subscriber, version, (version - 1) * (LiveScenery.PUBLISHERS + 1));
    }
  }

  private void giveNumber(int subscriber, int version, int number) {
    checker.accept(subscriber, SubscriberReport.message(0, Integer.toString(number), at(version)));
  }

  private void gap(int subscriber, Position from, Position to, GapReason reason) {
    checker.accept(subscriber, SubscriberReport.gap(0, new Gap("board", from, to, reason)));
  }

  private void giveOthers(int... versions) {
    give(1, versions);
    give(2, versions);
  }

  private Verdict judge() {
    return checker.judge(List.of(at(log.size())));
  }

  @Test
  void aRunInWhichAllWentWellIsRight() {
    publish(3);
    give(0, 1, 2, 3);
    giveOthers(1, 2, 3);

    assertThat(judge()).isEqualTo(new Verdict(3, 9, 0, 0, 0, 0, List.of()));
    assertThat(judge().isRight()).isTrue();
    assertThat(judge().line(1, 2, 3, 4))
        .isEqualTo(
            "published=3 delivered=9 repaired=1 recovered=2 gaps=0"
                + " silentHoles=0 duplicates=0 outOfOrder=0 cuts=3 restarts=4");
  }

  @Test
  void aMissingOneInTheMiddleIsASilentHole() {
    publish(3);
    give(0, 1, 3);
    giveOthers(1, 2, 3);

    assertThat(judge().silentHoles()).isEqualTo(1);
    assertThat(judge().isRight()).isFalse();
  }

  @Test
  void aMissingTailIsASilentHole() {
    publish(3);
    give(0, 1);
    giveOthers(1, 2, 3);

    assertThat(judge().silentHoles()).isEqualTo(2);
  }

  @Test
  void whatOnlyTheServerKnowsOfIsASilentHoleForAll() {
    publish(1);
    give(0, 1);
    giveOthers(1);

    Verdict verdict = checker.judge(List.of(new Position(epoch, 2, "n1")));

    assertThat(verdict.silentHoles()).isEqualTo(3);
  }

  @Test
  void theEndOfALostLogIsMissedOnlyIfNobodySaidSo() {
    publish(3);
    give(0, 1, 2);
    giveOthers(1, 2, 3);
    Position stood = at(2);
    Position end = at(3);
    loseLog("second");
    publish(1);
    gap(0, stood, at(0), GapReason.EPOCH_CHANGED);
    giveNumber(0, 1, 9);
    gap(1, end, at(0), GapReason.EPOCH_CHANGED);
    giveNumber(1, 1, 9);
    assertThat(judge().silentHoles()).isEqualTo(1); // the third subscriber's
    assertThat(judge().isRight()).isFalse();
  }

  @Test
  void anotherLogWithoutAGapIsASilentHole() {
    publish(1);
    give(0, 1);
    giveOthers(1);
    Position end = at(1);
    loseLog("second");
    publish(1);
    giveNumber(0, 1, 3);
    for (int subscriber = 1; subscriber < 3; subscriber++) {
      gap(subscriber, end, at(0), GapReason.EPOCH_CHANGED);
      giveNumber(subscriber, 1, 3);
    }

    assertThat(judge().silentHoles()).isEqualTo(1);
  }

  @Test
  void aLogThatNobodyCameToLiesWithinTheGap() {
    publish(1);
    give(0, 1);
    giveOthers(1);
    Position end = at(1);
    loseLog("second");
    publish(5);
    loseLog("third");
    publish(1);
    for (int subscriber = 0; subscriber < 3; subscriber++) {
      gap(subscriber, end, at(0), GapReason.EPOCH_CHANGED);
      giveNumber(subscriber, 1, 18);
    }

    assertThat(judge()).isEqualTo(new Verdict(7, 6, 3, 0, 0, 0, List.of()));
  }

  @Test
  void theSameAgainIsADuplicate() {
    publish(2);
    give(0, 1, 2, 1, 2);
    giveOthers(1, 2);

    assertThat(judge().duplicates()).isEqualTo(2);
    assertThat(judge().silentHoles()).isZero();
  }

  @Test
  void aNumberThatIsPublishedTwiceIsADuplicateForWhoGetsBoth() {
    publish(1);
    log.add(new Position(epoch, 2, "again"));
    for (int subscriber = 0; subscriber < 3; subscriber++) {
      giveNumber(subscriber, 1, 0);
      giveNumber(subscriber, 2, 0);
    }

    assertThat(judge().duplicates()).isEqualTo(3);
  }

  @Test
  void whatComesLateIsOutOfOrder() {
    publish(3);
    give(0, 1, 3, 2);
    giveOthers(1, 2, 3);

    assertThat(judge().outOfOrder()).isEqualTo(1);
    assertThat(judge().silentHoles()).isZero();
  }

  @Test
  void numbersOfOnePublisherMustAscend() {
    int first = checker.issue(0, 1);
    int second = checker.issue(0, 1);
    log.add(new Position(epoch, 1, "a"));
    log.add(new Position(epoch, 2, "b"));
    checker.published(0, second, at(1));
    checker.published(0, first, at(2));
    for (int subscriber = 0; subscriber < 3; subscriber++) {
      giveNumber(subscriber, 1, second);
      giveNumber(subscriber, 2, first);
    }

    assertThat(judge().outOfOrder()).isEqualTo(1);
  }

  @Test
  void oneVersionMustNotBeTwoMessages() {
    publish(2);
    giveNumber(0, 1, 0);
    giveNumber(0, 2, 0);
    giveOthers(1, 2);

    assertThat(judge().isRight()).isFalse();
    assertThat(judge().complaints()).anyMatch(what -> what.contains("and another one"));
  }

  @Test
  void whatWasRefusedMustNotTurnUp() {
    int number = checker.issue(0, 0);
    checker.refused(0, number);
    log.add(new Position(epoch, 1, "a"));
    for (int subscriber = 0; subscriber < 3; subscriber++) {
      giveNumber(subscriber, 1, number);
    }

    assertThat(judge().complaints()).containsExactly("number 0 on board was refused, but is there");
  }

  @Test
  void aGapMayNotClaimThatSomethingIsTrimmedThatIsNot() {
    publish(KEPT + 1);
    give(0, 1);
    give(0, 2);
    gap(0, at(2), at(3), GapReason.TRIMMED);
    for (int version = 4; version <= log.size(); version++) {
      give(0, version);
    }
    for (int version = 1; version <= log.size(); version++) {
      giveOthers(version);
    }

    assertThat(judge().silentHoles()).isZero();
    assertThat(judge().complaints()).anyMatch(what -> what.contains("that was not"));
  }

  @Test
  void aGapMayClaimWhatTheLimitOrAnEvictionExplains() {
    publish(KEPT + 3);
    gap(0, at(0), at(3), GapReason.TRIMMED);
    for (int version = 4; version <= log.size(); version++) {
      give(0, version);
    }
    checker.losesBuffer(0);
    gap(1, at(0), at(log.size()), GapReason.TRIMMED);
    for (int version = 1; version <= log.size(); version++) {
      give(2, version);
    }

    assertThat(judge().isRight()).isTrue();
  }

  @Test
  void moreLogsThanWereLostAreAGapWithoutGround() {
    publish(1);
    Position start = at(0);
    epoch = "second";
    log.clear();
    publish(1);
    for (int subscriber = 0; subscriber < 3; subscriber++) {
      gap(subscriber, start, at(0), GapReason.EPOCH_CHANGED);
      giveNumber(subscriber, 1, 3);
    }

    assertThat(judge().complaints()).containsExactly("board had 2 logs, but lost 0");
  }

  @Test
  void aGapMustBeginWhereTheSubscriberStands() {
    publish(KEPT + 3);
    give(0, 1);
    gap(0, at(2), at(3), GapReason.TRIMMED);

    assertThat(judge().complaints().get(0)).contains("is told of a gap from");
    assertThat(judge().silentHoles()).isPositive();
  }

  @Test
  void nothingWasRolledBackAndNothingIsTooFar() {
    publish(2);
    gap(0, at(0), at(2), GapReason.TOO_FAR);
    gap(1, at(0), at(2), GapReason.ROLLED_BACK);
    giveOthers();
    give(2, 1, 2);

    assertThat(judge().complaints()).filteredOn(what -> what.contains("without ground")).hasSize(2);
  }
}
