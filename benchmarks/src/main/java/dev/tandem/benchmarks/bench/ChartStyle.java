package dev.tandem.benchmarks.bench;

import java.awt.Color;
import org.knowm.xchart.style.AxesChartStyler;

/** What all charts look like. */
final class ChartStyle {
  private static final String DECIMALS = "#,###.##";

  private ChartStyle() {}

  static void apply(AxesChartStyler styler) {
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setPlotBorderVisible(false);
    styler.setYAxisMin(0.0);
    styler.setYAxisDecimalPattern(DECIMALS);
    styler.setXAxisDecimalPattern(DECIMALS);
  }
}
