package dev.tandem.examples.soak.hybrid;

import static dev.tandem.examples.soak.hybrid.HybridScenery.HASTY;
import static dev.tandem.examples.soak.hybrid.HybridScenery.PAIRS;
import static dev.tandem.examples.soak.hybrid.HybridScenery.PATIENT;
import static dev.tandem.examples.soak.hybrid.HybridScenery.SPOOLING;
import static dev.tandem.examples.soak.hybrid.HybridScenery.TENANTS;
import static dev.tandem.examples.soak.hybrid.HybridScenery.WATCHERS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.Gap;
import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A checker is worth what it finds: each kind of breach, made on purpose. */
class HybridCheckerTest {
  private final HybridChecker checker = new HybridChecker();

  /** What the server has of the first tenant, in order; both pairs hold the same. */
  private final List<List<Item>> streams = List.of(new ArrayList<>(), new ArrayList<>());

  private final List<List<Item>> channels = List.of(new ArrayList<>(), new ArrayList<>());
  private final List<List<Item>> given = List.of(new ArrayList<>(), new ArrayList<>());
  private long counted;

  /** One message of a stream or a channel. */
  private record Item(String id, String payload, long version) {}

  /** Six of the patient publisher's, of which two are the first tenant's, all well. */
  @BeforeEach
  void publishSome() {
    for (int i = 0; i < 6; i++) {
      checker.told(PATIENT, checker.issue(PATIENT), Numbers.CONFIRMED);
    }
    for (long number = 0; number < 6; number += TENANTS.size()) {
      happens(Label.of(PATIENT, number));
    }
  }

  /** A payment of the first tenant is published and handled. */
  private void happens(Label label) {
    for (int pair = 0; pair < PAIRS.size(); pair++) {
      happens(pair, label.toString());
    }
    counted++;
  }

  private void happens(int pair, String payload) {
    int version = streams.get(pair).size() + 1;
    Item item = new Item(version + "-0", payload, version);
    streams.get(pair).add(item);
    channels.get(pair).add(item);
    given.get(pair).add(item);
  }

  private static Position at(long version) {
    return new Position("e", version, "n");
  }

  private HybridVerdict judge() {
    // The other tenants are as they should be.
    for (int tenant = 1; tenant < TENANTS.size(); tenant++) {
      for (int pair = 0; pair < PAIRS.size(); pair++) {
        for (int i = 1; i <= 2; i++) {
          String payload = Label.of(PATIENT, tenant + (i - 1L) * TENANTS.size()).toString();
          checker.entry(tenant, pair, i + "-1", payload, at(i));
          checker.stored(tenant, pair, i, i + "-1", payload);
          for (int watcher = 0; watcher < WATCHERS; watcher++) {
            checker.given(tenant, pair, watcher, payload, at(i));
          }
        }
        checker.top(tenant, pair, 2);
      }
      checker.counted(tenant, 2);
    }
    for (int pair = 0; pair < PAIRS.size(); pair++) {
      int its = pair;
      for (Item item : streams.get(pair)) {
        @Nullable Position position = item.version == 0 ? null : at(item.version);
        checker.entry(0, pair, item.id, item.payload, position);
      }
      channels.get(pair).forEach(one -> checker.stored(0, its, one.version, one.id, one.payload));
      for (int watcher = 0; watcher < WATCHERS; watcher++) {
        int who = watcher;
        given.get(pair).forEach(one -> checker.given(0, its, who, one.payload, at(one.version)));
      }
      List<Item> all = channels.get(pair);
      checker.top(0, pair, all.isEmpty() ? 0 : all.get(all.size() - 1).version);
    }
    checker.counted(0, counted);
    return checker.judge();
  }

  private void assertWrong(HybridVerdict verdict, String word) {
    assertThat(verdict.isRight()).isFalse();
    assertThat(verdict.complaints()).anyMatch(complaint -> complaint.contains(word));
  }

  @Test
  void whatIsWellIsRight() {
    HybridVerdict verdict = judge();

    assertThat(verdict.complaints()).isEmpty();
    assertThat(verdict.isRight()).isTrue();
    assertThat(verdict.line())
        .isEqualTo(
            "published=12 inStream=12 onChannel=12 halves=0 duplicates=0"
                + " spooled=0 replayed=0 lost=0 crossTenant=0");
  }

  @Test
  void whatNobodyKnowsOfMayBeThereOrNot() {
    checker.issue(HASTY);
    for (int i = 1; i < 4; i++) {
      checker.issue(HASTY);
    }
    happens(Label.of(HASTY, 3));

    HybridVerdict verdict = judge();

    assertThat(verdict.isRight()).as("%s", verdict.complaints()).isTrue();
    assertThat(verdict.published()).isEqualTo(14);
  }

  @Test
  void whatWasSpooledAndReplayedCountsForBoth() {
    checker.tries(SPOOLING, 3);
    checker.told(SPOOLING, 3, Numbers.SPOOLED);
    happens(Label.of(SPOOLING, 3));

    HybridVerdict verdict = judge();

    assertThat(verdict.isRight()).as("%s", verdict.complaints()).isTrue();
    assertThat(verdict.spooled()).isEqualTo(1);
    assertThat(verdict.replayed()).isEqualTo(1);
  }

  @Test
  void findsWhatWasConfirmedAndIsNotThere() {
    checker.told(PATIENT, checker.issue(PATIENT), Numbers.CONFIRMED);

    HybridVerdict verdict = judge();

    assertThat(verdict.lost()).isEqualTo(1);
    assertWrong(verdict, "is not in the stream");
    assertThat(verdict.published()).isEqualTo(13);
  }

  @Test
  void findsWhatWasSpooledAndIsNotThere() {
    checker.tries(SPOOLING, 3);
    checker.told(SPOOLING, 3, Numbers.SPOOLED);

    HybridVerdict verdict = judge();

    assertThat(verdict.lost()).isEqualTo(1);
    assertThat(verdict.replayed()).isZero();
    assertWrong(verdict, "is not in the stream");
  }

  @Test
  void findsWhatIsThereTwice() {
    happens(0, Label.of(PATIENT, 0).toString());

    HybridVerdict verdict = judge();

    assertThat(verdict.duplicates()).isEqualTo(1);
    assertWrong(verdict, "twice");
  }

  @Test
  void findsATransactionThatWasDoneTwice() {
    happens(1, Label.of(PATIENT, 0).toString());
    counted++;

    HybridVerdict verdict = judge();

    assertThat(verdict.duplicates()).isEqualTo(1);
    assertThat(verdict.halves()).isZero();
    assertWrong(verdict, "twice");
  }

  @Test
  void findsATransactionThatCountedAndMadeNoReceipt() {
    counted++;

    HybridVerdict verdict = judge();

    assertThat(verdict.halves()).isEqualTo(1);
    assertWrong(verdict, "have counted 3, but made 2");
  }

  @Test
  void findsWhatIsNotHandled() {
    streams.get(1).remove(1);
    channels.get(1).remove(1);
    given.get(1).remove(1);
    counted--;

    HybridVerdict verdict = judge();

    assertThat(verdict.lost()).isEqualTo(1);
    assertWrong(verdict, "is not handled");
  }

  @Test
  void findsWhatIsOnTheChannelAndNotInTheStream() {
    streams.get(0).remove(1);

    HybridVerdict verdict = judge();

    assertThat(verdict.halves()).isPositive();
    assertWrong(verdict, "but not in the stream");
  }

  @Test
  void findsWhatIsInTheStreamAndNotOnTheChannel() {
    channels.get(0).remove(1);

    HybridVerdict verdict = judge();

    assertThat(verdict.halves()).isPositive();
    assertWrong(verdict, "2 in the stream, but 1 on the channel");
  }

  @Test
  void findsAnEntryThatTellsNoPosition() {
    Item item = streams.get(0).get(1);
    streams.get(0).set(1, new Item(item.id, item.payload, 0));

    HybridVerdict verdict = judge();

    assertThat(verdict.halves()).isEqualTo(1);
    assertWrong(verdict, "should be version 2");
  }

  @Test
  void findsHalvesThatBearDifferentIds() {
    Item item = channels.get(0).get(1);
    channels.get(0).set(1, new Item("9-9", item.payload, item.version));

    HybridVerdict verdict = judge();

    assertThat(verdict.halves()).isEqualTo(1);
    assertWrong(verdict, "has id 9-9");
  }

  @Test
  void findsWhatASubscriberWasNotGiven() {
    given.get(0).remove(0);

    HybridVerdict verdict = judge();

    assertThat(verdict.lost()).isEqualTo(WATCHERS);
    assertWrong(verdict, "with a hole between");
  }

  @Test
  void findsThatASubscriberWasLeftBehind() {
    given.get(0).remove(1);

    HybridVerdict verdict = judge();

    assertThat(verdict.lost()).isEqualTo(WATCHERS);
    assertWrong(verdict, "was given version 1 last, of 2");
  }

  @Test
  void findsWhatASubscriberWasGivenAgain() {
    given.get(0).add(given.get(0).get(0));

    HybridVerdict verdict = judge();

    assertThat(verdict.duplicates()).isEqualTo(WATCHERS);
    assertWrong(verdict, "gets version 1 after 2");
  }

  @Test
  void findsAGapWhereNothingMayBeMissing() {
    checker.gap(0, 0, 0, new Gap("board", at(1), at(2), GapReason.TRIMMED));

    HybridVerdict verdict = judge();

    assertThat(verdict.lost()).isEqualTo(1);
    assertWrong(verdict, "is told of a gap");
  }

  @Test
  void findsANeighboursMessageInAStream() {
    happens(0, Label.of(PATIENT, 1).toString());

    HybridVerdict verdict = judge();

    assertThat(verdict.crossTenant()).isGreaterThanOrEqualTo(1);
    assertWrong(verdict, "'acme-2 0 1' is in stream payments of acme");
  }

  @Test
  void findsANeighboursMessageThatASubscriberWasGiven() {
    Item item = given.get(0).get(1);
    given.get(0).set(1, new Item(item.id, "acme-22 0 2", item.version));

    HybridVerdict verdict = judge();

    assertThat(verdict.crossTenant()).isEqualTo(WATCHERS);
    assertWrong(verdict, "'acme-22 0 2' is given to a subscriber of acme");
  }

  @Test
  void findsAKeyOfNoTenant() {
    checker.strangeKey("tenant:acme-3:stream:payments");

    HybridVerdict verdict = judge();

    assertThat(verdict.crossTenant()).isEqualTo(1);
    assertWrong(verdict, "acme-3");
  }

  @Test
  void findsWhatWasRefusedAndIsThere() {
    for (int i = 0; i < 4; i++) {
      checker.issue(HASTY);
    }
    checker.told(HASTY, 3, Numbers.REFUSED);
    happens(Label.of(HASTY, 3));

    assertWrong(judge(), "was refused, but is in the stream");
  }

  @Test
  void findsWhatNobodyPublished() {
    happens(Label.of(HASTY, 3));

    assertWrong(judge(), "was never published");
  }
}
