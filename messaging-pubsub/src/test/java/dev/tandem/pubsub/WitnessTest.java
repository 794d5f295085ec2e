package dev.tandem.pubsub;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.Gap;
import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The checker finds what it is there for: each is given once what no subscription may be given. */
class WitnessTest {
  private static final SubscribeOptions ANY = SubscribeOptions.fromNow().maxReplay(1_000_000);
  private static final SubscribeOptions OLDEST =
      SubscribeOptions.fromBeginning().maxReplay(1_000_000);

  private final LiveModel model = new LiveModel(10);
  private int number;

  private Position publish(String epoch, long version) {
    Position at = new Position(epoch, version, "n" + version);
    model.published(model.begin(), at, payload(version));
    return at;
  }

  private static String payload(long version) {
    return "a:" + version;
  }

  private void publishUpTo(String epoch, int version) {
    for (number++; number <= version; number++) {
      publish(epoch, number);
    }
    number--;
  }

  private static Position at(String epoch, long version) {
    return new Position(epoch, version, version == 0 ? "" : "n" + version);
  }

  private static void give(Witness witness, String epoch, long from, long to) {
    for (long version = from; version <= to; version++) {
      witness.message(at(epoch, version), payload(version));
    }
  }

  private static Gap gap(@Nullable Position from, Position to, GapReason reason) {
    return new Gap("board", from, to, reason);
  }

  private static List<String> judged(Witness witness) {
    return witness.breaches(requireNonNull(witness.last()));
  }

  @Test
  void fromTheBeginningOnFindsAHoleAtTheStart() {
    publishUpTo("e", 8);
    Witness whole = new WitnessOfAll(model, OLDEST);
    Witness cut = new WitnessOfAll(model, OLDEST);
    give(whole, "e", 1, 8);
    give(cut, "e", 3, 8);
    assertThat(judged(whole)).isEmpty();
    assertThat(judged(cut)).singleElement().asString().contains("never got", "after=0", "upTo=2");
  }

  @Test
  void fromTheBeginningOnMayBeginWithWhatIsKept() {
    publishUpTo("e", 25);
    Witness kept = new WitnessOfAll(model, OLDEST);
    Witness late = new WitnessOfAll(model, OLDEST);
    give(kept, "e", 16, 25);
    give(late, "e", 17, 25);
    assertThat(judged(kept)).isEmpty();
    assertThat(judged(late)).singleElement().asString().contains("never got");
  }

  @Test
  void fromNowOnFindsAHoleBehindTheMomentAtWhichItWasActive() {
    publishUpTo("e", 4);
    Witness whole = new WitnessOfAll(model, ANY);
    Witness cut = new WitnessOfAll(model, ANY);
    Witness nothing = new WitnessOfAll(model, ANY);
    List.of(whole, cut, nothing).forEach(Witness::active);
    publishUpTo("e", 8);
    give(whole, "e", 5, 8);
    give(cut, "e", 6, 8);
    assertThat(judged(whole)).isEmpty();
    assertThat(judged(cut)).singleElement().asString().contains("never got", "after=4", "upTo=5");
    assertThat(nothing.breaches(at("e", 4))).isEmpty();
    assertThat(nothing.breaches(at("e", 8))).singleElement().asString().contains("never got");
  }

  @Test
  void fromNowOnFindsThatALogWasLeftOutAltogether() {
    Witness witness = new WitnessOfAll(model, ANY);
    witness.active();
    publish("e", 1);
    model.losesLog(() -> {});
    publish("f", 1);
    give(witness, "f", 1, 1);
    assertThat(judged(witness)).singleElement().asString().contains("never got e");
  }

  @Test
  void withConflationTooTheNewestBeforeTheFirstIsMissed() {
    Witness fine = new WitnessOfNewest(model, ANY.slowConsumer(SlowConsumer.NEWEST_PER_KEY));
    Witness cut = new WitnessOfNewest(model, ANY.slowConsumer(SlowConsumer.NEWEST_PER_KEY));
    List.of(fine, cut).forEach(Witness::active);
    model.published(model.begin(), at("e", 1), "b:only");
    model.published(model.begin(), at("e", 2), payload(2));
    model.published(model.begin(), at("e", 3), payload(3));
    fine.message(at("e", 1), "b:only");
    give(fine, "e", 3, 3);
    give(cut, "e", 3, 3);
    assertThat(judged(fine)).isEmpty();
    assertThat(judged(cut)).singleElement().asString().contains("b:only was left out");
  }

  @Test
  void aGapIsNotExplainedByWhatWasTrimmedAfterItWasTold() {
    publishUpTo("e", 14);
    Witness early = new WitnessOfAll(model, ANY);
    Witness inTime = new WitnessOfAll(model, ANY);
    give(early, "e", 1, 2);
    give(inTime, "e", 1, 2);
    early.gap(gap(at("e", 2), at("e", 6), GapReason.TRIMMED));
    publishUpTo("e", 40);
    model.losesBuffer(() -> {});
    inTime.gap(gap(at("e", 2), at("e", 30), GapReason.TRIMMED));
    give(early, "e", 7, 40);
    give(inTime, "e", 31, 40);
    assertThat(judged(inTime)).isEmpty();
    assertThat(judged(early)).singleElement().asString().contains("trimmed up to 4");
  }

  @Test
  void aLostBufferExplainsOnlyWhatWasInIt() {
    publishUpTo("e", 5);
    model.losesBuffer(() -> {});
    publishUpTo("e", 9);
    Witness fine = new WitnessOfAll(model, ANY);
    Witness tooLate = new WitnessOfAll(model, ANY);
    give(fine, "e", 1, 2);
    give(tooLate, "e", 1, 2);
    fine.gap(gap(at("e", 2), at("e", 5), GapReason.TRIMMED));
    tooLate.gap(gap(at("e", 2), at("e", 6), GapReason.TRIMMED));
    give(fine, "e", 6, 9);
    give(tooLate, "e", 7, 9);
    assertThat(judged(fine)).isEmpty();
    assertThat(judged(tooLate)).singleElement().asString().contains("trimmed up to 5");
  }

  @Test
  void goingBackToALogIsFound() {
    publish("e", 1);
    model.losesLog(() -> {});
    publish("f", 1);
    Witness witness = new WitnessOfAll(model, ANY);
    Witness wrongWay = new WitnessOfAll(model, ANY);
    give(witness, "e", 1, 1);
    witness.gap(gap(at("e", 1), at("f", 0), GapReason.EPOCH_CHANGED));
    give(witness, "f", 1, 1);
    assertThat(judged(witness)).isEmpty();
    give(wrongWay, "f", 1, 1);
    wrongWay.gap(gap(at("f", 1), at("e", 1), GapReason.EPOCH_CHANGED));
    assertThat(judged(wrongWay)).anyMatch(breach -> breach.contains("not a later log"));
    model.losesLog(() -> {});
    witness.gap(gap(at("f", 1), at("e", 1), GapReason.EPOCH_CHANGED));
    assertThat(judged(witness)).anyMatch(breach -> breach.contains("a log that was left"));
  }

  @Test
  void aNewLogMustBeGivenFromItsOldestOn() {
    publish("e", 1);
    model.losesLog(() -> {});
    publishUpTo("f", 5);
    Witness witness = new WitnessOfAll(model, ANY);
    give(witness, "e", 1, 1);
    witness.gap(gap(at("e", 1), at("f", 3), GapReason.EPOCH_CHANGED));
    give(witness, "f", 4, 5);
    assertThat(judged(witness)).singleElement().asString().contains("more is stored");
  }

  @Test
  void tooFarNeedsMoreThanIsWanted() {
    publishUpTo("e", 9);
    Witness fine = new WitnessOfAll(model, ANY.maxReplay(5));
    Witness wrong = new WitnessOfAll(model, ANY.maxReplay(6));
    for (Witness witness : List.of(fine, wrong)) {
      give(witness, "e", 1, 2);
      witness.gap(gap(at("e", 2), at("e", 8), GapReason.TOO_FAR));
      give(witness, "e", 9, 9);
    }
    assertThat(judged(fine)).isEmpty();
    assertThat(judged(wrong)).singleElement().asString().contains("not too far");
  }

  @Test
  void aMessageThatWasTakenTwiceIsFound() {
    publish("e", 1);
    Witness witness = new WitnessOfAll(model, ANY);
    give(witness, "e", 1, 1);
    witness.message(at("e", 2), payload(1));
    assertThat(judged(witness)).anyMatch(breach -> breach.contains("again at"));
  }
}
