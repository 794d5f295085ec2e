package dev.tandem.hybrid.internal.subscribe;

import static dev.tandem.hybrid.internal.subscribe.LegGate.Answer.GO_ON;
import static dev.tandem.hybrid.internal.subscribe.LegGate.Answer.OVER;
import static dev.tandem.hybrid.internal.subscribe.LegGate.Answer.TOO_LATE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.Position;
import dev.tandem.hybrid.internal.subscribe.LegGate.Answer;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class LegGateTest {
  private static final Position LATEST = new Position("e1", 5, "n5");

  private final LegGate gate = new LegGate(LATEST);

  @Test
  void whatBeginsEarlyEnoughGoesOnUntilItIsEnded() {
    assertThat(gate.goOn("e1", 5)).isEqualTo(GO_ON);
    assertThat(gate.goOn("e1", 9)).isEqualTo(GO_ON);
    assertThat(gate.end()).isTrue();
    assertThat(gate.goOn("e1", 10)).isEqualTo(OVER);
    assertThat(gate.end()).isFalse();
  }

  @Test
  void whatBeginsTooLateIsOverForAllButTellsOne() {
    assertThat(gate.goOn("e1", 6)).isEqualTo(TOO_LATE);
    assertThat(gate.isOver()).isTrue();
    assertThat(gate.goOn("e1", 5)).isEqualTo(OVER);
    assertThat(gate.end()).isFalse();
  }

  @Test
  void anotherLogIsTooLateAndNoLimitIsNever() {
    assertThat(gate.goOn("e2", 0)).isEqualTo(TOO_LATE);
    assertThat(new LegGate(null).goOn("e2", 7)).isEqualTo(GO_ON);
  }

  /** Two threads pass the same gates in a row: where they meet is left to them. */
  @Test
  void nobodyGoesOnBesideOneForWhomItIsTooLate() {
    List<LegGate> gates = Stream.generate(() -> new LegGate(LATEST)).limit(1_000_000).toList();
    CompletableFuture<List<Answer>> others = CompletableFuture.supplyAsync(() -> ask(gates));
    List<Answer> own = ask(gates);
    List<Answer> theirs = others.join();

    for (int i = 0; i < gates.size(); i++) {
      assertThat(EnumSet.of(own.get(i), theirs.get(i))).isEqualTo(EnumSet.of(TOO_LATE, OVER));
    }
  }

  private static List<Answer> ask(List<LegGate> gates) {
    return gates.stream().map(gate -> gate.goOn("e1", 7)).toList();
  }
}
