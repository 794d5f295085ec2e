package dev.tandem.examples.soak.live;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.Gap;
import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import java.util.List;
import org.junit.jupiter.api.Test;

class SubscriberReportTest {
  private static final Position AT = new Position("log", 41, "n0nce");

  @Test
  void isReadAsItWasWritten() {
    List<SubscriberReport> all =
        List.of(
            SubscriberReport.started(1, AT),
            SubscriberReport.ready(),
            SubscriberReport.message(2, "17", AT),
            SubscriberReport.gap(0, new Gap("board", AT, AT, GapReason.TRIMMED)),
            SubscriberReport.stats(12, 34),
            SubscriberReport.broken("no way"));
    for (SubscriberReport report : all) {
      assertThat(SubscriberReport.parse(report.line())).isEqualTo(report);
    }
  }

  @Test
  void whatIsCutOffAnywhereIsNoReportOfAMessage() {
    String line = SubscriberReport.message(2, "1745", AT).line();
    for (int length = 0; length < line.length(); length++) {
      assertThat(SubscriberReport.parse(line.substring(0, length))).isNull();
    }
    String stats = SubscriberReport.stats(12, 34).line();
    for (int length = 0; length < stats.length(); length++) {
      assertThat(SubscriberReport.parse(stats.substring(0, length))).isNull();
    }
  }
}
