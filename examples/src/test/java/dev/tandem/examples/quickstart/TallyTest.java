package dev.tandem.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.Gap;
import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TallyTest {
  private final Tally tally = new Tally();

  @Test
  void aMessageIsCountedOnceHoweverOftenItIsHandled() {
    tally.published("a", "1-0", 1);
    tally.handled("a", "1-0", 1);
    tally.handled("a", "1-0", 2);

    assertThat(tally.handled()).isEqualTo(1);
    assertThat(tally.redelivered()).isEqualTo(1);
  }

  @Test
  void theSameIdOfTwoTenantsIsTwoMessages() {
    everythingGoesWell("a", "1-0", 1);
    everythingGoesWell("b", "1-0", 1);

    assertThat(tally.published()).isEqualTo(2);
    assertThat(tally.handled()).isEqualTo(2);
    assertThat(tally.delivered()).isEqualTo(2);
    assertThat(tally.outOfOrder()).isZero();
    assertThat(problems(Set.of())).isEmpty();
  }

  @Test
  void whatWasNotHandledIsLostUnlessItIsADeadLetter() {
    tally.published("a", "1-0", 1);
    tally.delivered("a", "1-0", 1);

    assertThat(tally.lost(Set.of())).isEqualTo(1);
    assertThat(tally.lost(Set.of(new Tally.Id("a", "1-0")))).isZero();
    assertThat(tally.lost(Set.of(new Tally.Id("b", "1-0")))).isEqualTo(1);
  }

  @Test
  void whatWasNotDeliveredIsLostUnlessAGapSaysSo() {
    for (int version = 1; version <= 4; version++) {
      tally.published("a", version + "-0", version);
      tally.handled("a", version + "-0", 1);
    }
    tally.delivered("a", "1-0", 1);
    assertThat(tally.lost(Set.of())).isEqualTo(3);

    tally.gap("b", gap(1, 4));
    assertThat(tally.lost(Set.of())).isEqualTo(3);
    tally.gap("a", gap(1, 3));
    assertThat(tally.lost(Set.of())).isEqualTo(1);
    assertThat(tally.missedWithNotice()).isEqualTo(2);

    tally.delivered("a", "4-0", 4);
    assertThat(tally.lost(Set.of())).isZero();
    assertThat(problems(Set.of())).isEmpty();
  }

  @Test
  void aMessageThatIsBothNotHandledAndNotDeliveredIsLostOnce() {
    tally.published("a", "1-0", 1);
    assertThat(tally.lost(Set.of())).isEqualTo(1);
  }

  @Test
  void deliveriesTwiceAndOutOfOrderAreProblems() {
    everythingGoesWell("a", "1-0", 1);
    everythingGoesWell("a", "2-0", 2);
    tally.delivered("a", "1-0", 1);

    assertThat(tally.duplicates()).isEqualTo(1);
    assertThat(tally.outOfOrder()).isEqualTo(1);
    assertThat(problems(Set.of()))
        .containsExactly(
            "1 messages were delivered twice to one subscriber.",
            "1 messages were delivered out of order.");
  }

  @Test
  void whatIsMissingIsNamed() {
    tally.published("a", "1-0", 1);

    assertThat(problems(Set.of()))
        .containsExactly(
            "1 messages were lost.",
            "of 1 messages 0 were handled and 0 dead-lettered.",
            "of 1 messages 0 were delivered.");
  }

  @Test
  void theLastLineHasEveryCountInItsPlace() {
    assertThat(new Summary(1, 2, 3, 4, 5, 6, 7, 8, 9, 10).line())
        .isEqualTo(
            "published=1 handled=2 delivered=3 failedOver=4 recovered=5 redelivered=6"
                + " deadLettered=7 gaps=8 lost=9 rejected=10");
  }

  private void everythingGoesWell(String tenant, String id, long version) {
    tally.published(tenant, id, version);
    tally.handled(tenant, id, 1);
    tally.delivered(tenant, id, version);
  }

  private List<String> problems(Set<Tally.Id> deadLetters) {
    return new Summary(
            tally.published(),
            tally.handled(),
            tally.delivered(),
            0,
            0,
            tally.redelivered(),
            deadLetters.size(),
            tally.gaps(),
            tally.lost(deadLetters),
            0)
        .problems(tally);
  }

  private static Gap gap(long from, long to) {
    return new Gap(
        "board", new Position("e", from, "n"), new Position("e", to, "n"), GapReason.TRIMMED);
  }
}
