package dev.tandem.benchmarks.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PlanTest {
  @Test
  void aQuickRunHasTheWorksThatSayMostAndNoCurves() {
    Plan quick = Plan.quick();

    assertThat(quick.works())
        .extracting(Planned::work)
        .containsExactly(
            "produce",
            "produce-blocking",
            "produce-idempotent",
            "consume",
            "handle",
            "fleeting",
            "recoverable",
            "fan-out",
            "hybrid");
    assertThat(quick.withCurves()).isFalse();
    assertThat(quick.pace()).isEqualTo(Pace.QUICK);
  }

  @Test
  void aFullRunHasEveryWorkOnceAndTheCurves() {
    Plan full = Plan.full();

    assertThat(full.works()).extracting(Planned::work).doesNotHaveDuplicates();
    assertThat(Plan.names())
        .startsWith(full.works().stream().map(Planned::work).toArray(String[]::new))
        .endsWith(Plan.CURVES)
        .hasSize(full.works().size() + 1);
    assertThat(full.withCurves()).isTrue();
  }

  @Test
  void worksThatAreNamedAreDoneAtTheScaleOfTheRun() {
    Plan quick = Plan.of(List.of("fan-out-10000", "produce"), true);
    Plan full = Plan.of(List.of("curves", "fan-out-10000"), false);

    assertThat(quick.works()).extracting(Planned::work).containsExactly("produce", "fan-out-10000");
    assertThat(quick.withCurves()).isFalse();
    assertThat(full.withCurves()).isTrue();
    assertThat(full.works().get(0).messages()).isGreaterThan(quick.works().get(1).messages());
  }

  @Test
  void askedForSoManyRoundsThatManyAreDone() {
    Plan plan = Plan.quick().at(Plan.quick().pace().withRounds(1));

    assertThat(plan.pace().rounds()).isEqualTo(1);
    assertThat(plan.pace().latencyRounds()).isEqualTo(1);
    assertThat(plan.works()).isEqualTo(Plan.quick().works());
  }
}
