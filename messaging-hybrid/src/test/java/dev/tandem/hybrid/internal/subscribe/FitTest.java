package dev.tandem.hybrid.internal.subscribe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FitTest {
  private static final Position AT = at("e1", 5, "n5");
  private static final Refusal ROLLED_BACK =
      new Refusal(AT, at("e1", 9, "n9"), GapReason.ROLLED_BACK);

  private static Position at(String epoch, long version, String nonce) {
    return new Position(epoch, version, nonce);
  }

  private static Fit of(boolean proven, @Nullable Refusal refusal, Position entry) {
    return Fit.of(AT, proven, refusal, entry);
  }

  @Test
  void versionsOfTheSameLogGoByTheirOrder() {
    assertThat(of(false, null, at("e1", 4, "n4"))).isEqualTo(Fit.SEEN);
    assertThat(of(false, null, at("e1", 5, "n5"))).isEqualTo(Fit.HERE);
    assertThat(of(true, null, at("e1", 6, "n6"))).isEqualTo(Fit.NEXT);
    assertThat(of(false, null, at("e1", 6, "n6"))).isEqualTo(Fit.NEXT);
    assertThat(of(true, null, at("e1", 7, "n7"))).isEqualTo(Fit.HOLE);
  }

  @Test
  void anotherMessageOfTheSameVersionContradicts() {
    assertThat(of(false, null, at("e1", 5, "other"))).isEqualTo(Fit.CONTRADICTION);
    assertThat(of(true, null, at("e1", 4, "n4"))).isEqualTo(Fit.CONTRADICTION);
  }

  @Test
  void afterARollbackTheStreamMustKnowWhatWasSeenLast() {
    assertThat(of(false, ROLLED_BACK, at("e1", 6, "n6"))).isEqualTo(Fit.CONTRADICTION);
    assertThat(of(true, ROLLED_BACK, at("e1", 6, "n6"))).isEqualTo(Fit.NEXT);
  }

  @Test
  void anotherLogFollowsOnlyWithItsFirst() {
    assertThat(of(true, null, at("e2", 1, "n"))).isEqualTo(Fit.NEXT);
    assertThat(of(true, null, at("e2", 2, "n"))).isEqualTo(Fit.HOLE);
    assertThat(of(false, null, at("e2", 1, "n"))).isEqualTo(Fit.HOLE);
    assertThat(Fit.of(at("e1", 0, ""), false, null, at("e2", 1, "n"))).isEqualTo(Fit.NEXT);
  }

  @Test
  void whereTheLastIsNotKnownAnyMoreItNeedNotBeProven() {
    Position before = Place.before(at("e1", 5, "n5"));

    assertThat(before.version()).isEqualTo(4);
    assertThat(Fit.of(before, false, ROLLED_BACK, at("e1", 5, "n5"))).isEqualTo(Fit.NEXT);
    assertThat(Fit.of(before, false, null, at("e1", 4, "any"))).isEqualTo(Fit.HERE);
    assertThat(Place.before(at("e1", 1, "n1"))).isEqualTo(at("e1", 0, ""));
  }

  @Test
  void aRefusalHoldsAsFarAsTheBufferWasSeenToBeEmpty() {
    Refusal trimmed = new Refusal(AT, at("e1", 9, "n9"), GapReason.TRIMMED);
    Refusal lost = new Refusal(AT, at("e2", 3, "m3"), GapReason.EPOCH_CHANGED);

    assertThat(trimmed.holdsFor(AT)).isTrue();
    assertThat(trimmed.holdsFor(at("e1", 8, "n8"))).isTrue();
    assertThat(trimmed.holdsFor(at("e1", 9, "n9"))).isFalse();
    assertThat(ROLLED_BACK.holdsFor(at("e1", 8, "n8"))).isFalse();
    assertThat(lost.holdsFor(at("e1", 100, "n"))).isTrue();
    assertThat(lost.holdsFor(at("e2", 1, "n"))).isFalse();
    assertThat(lost.isNewLogAfter(AT)).isFalse();
    assertThat(new Refusal(AT, at("e2", 0, ""), GapReason.EPOCH_CHANGED).isNewLogAfter(AT))
        .isTrue();
  }
}
