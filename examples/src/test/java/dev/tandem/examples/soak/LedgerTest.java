package dev.tandem.examples.soak;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LedgerTest {
  private final Ledger ledger = new Ledger();

  private void begun(long number, long deliveries, String id) {
    ledger.accept(new WorkerReport(WorkerReport.Kind.BEGUN, number, deliveries, id));
  }

  private void handled(long number, String id) {
    ledger.accept(new WorkerReport(WorkerReport.Kind.HANDLED, number, 1, id));
  }

  @Test
  void aRunInWhichAllWentWellAddsUp() {
    for (int i = 0; i < 100_000; i++) {
      assertThat(ledger.issue()).isEqualTo(i);
    }
    for (int i = 0; i < 100_000; i++) {
      ledger.appended(i, i + "-0");
      begun(i, 1, i + "-0");
      if (i % 2 == 0) {
        handled(i, i + "-0");
      } else {
        ledger.deadLettered(i);
      }
    }

    Account account = ledger.close();

    assertThat(account)
        .isEqualTo(new Account(100_000, 50_000, 0, 50_000, 0, 0, account.contradictions()));
    assertThat(account.isRight()).isTrue();
    assertThat(account.line(3, 2))
        .isEqualTo(
            "published=100000 acknowledged=50000 retried=0 deadLettered=50000 redelivered=0"
                + " lost=0 kills=3 restarts=2");
  }

  @Test
  void whatWasAppendedAndNeverHandledIsLost() {
    ledger.appended(ledger.issue(), "1-0");

    Account account = ledger.close();

    assertThat(account.lost()).isEqualTo(1);
    assertThat(account.contradictions()).containsExactly("number 0 is lost");
    assertThat(account.isRight()).isFalse();
  }

  @Test
  void whatWasLeftOpenCountsOnlyIfItTurnsUp() {
    ledger.unknown(ledger.issue());
    ledger.unknown(ledger.issue());
    begun(1, 1, "2-0");
    handled(1, "2-0");

    Account account = ledger.close();

    assertThat(account.published()).isEqualTo(1);
    assertThat(account.isRight()).isTrue();
  }

  @Test
  void whatWasRefusedMustNotTurnUp() {
    ledger.refused(ledger.issue());
    begun(0, 1, "1-0");
    handled(0, "1-0");

    assertThat(ledger.close().contradictions())
        .containsExactly("number 0 was refused, but is in the stream");
  }

  @Test
  void twoHandlersMustNotGetOneDelivery() {
    ledger.appended(ledger.issue(), "1-0");
    begun(0, 1, "1-0");
    begun(0, 2, "1-0");
    assertThat(ledger.contradictions()).isEmpty();

    begun(0, 2, "1-0");

    assertThat(ledger.contradictions()).containsExactly("two handlers got delivery 2 of number 0");
  }

  @Test
  void nothingMayBeInTheStreamOrAmongTheDeadLettersTwice() {
    ledger.appended(ledger.issue(), "1-0");
    begun(0, 1, "2-0");
    ledger.deadLettered(0);
    ledger.deadLettered(0);
    ledger.deadLettered(7);

    assertThat(ledger.contradictions())
        .containsExactly(
            "number 0 is in the stream twice, also as 2-0",
            "number 0 is among the dead letters twice",
            "number 7 was never published");
  }

  @Test
  void retriesAndRedeliveriesAreCounted() {
    ledger.appended(ledger.issue(), "1-0");
    for (int deliveries = 1; deliveries <= Scenery.MOST_DELIVERIES; deliveries++) {
      begun(0, deliveries, "1-0");
      ledger.accept(new WorkerReport(WorkerReport.Kind.FAILED, 0, deliveries, "1-0"));
    }
    ledger.deadLettered(0);

    Account account = ledger.close();

    assertThat(account.retried()).isEqualTo(Scenery.MOST_DELIVERIES - 1);
    assertThat(account.redelivered()).isEqualTo(Scenery.MOST_DELIVERIES - 1);
    assertThat(account.isRight()).isTrue();
  }
}
