package dev.tandem.benchmarks.bench;

import dev.tandem.benchmarks.harness.Library;
import java.awt.Color;
import java.util.Map;
import java.util.Objects;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;

/** What all charts look like. */
final class ChartStyle {
  private static final String DECIMALS = "#,###.##";

  /** Told apart by lightness too. */
  private static final Map<Library, Color> COLORS =
      Map.of(
          Library.JEDIS, new Color(0x6B7280),
          Library.TANDEM, new Color(0x1D4ED8),
          Library.LETTUCE, new Color(0xF59E0B),
          Library.REDISSON, new Color(0xFCA5A5),
          Library.SPRING, new Color(0x86EFAC));

  private ChartStyle() {}

  static void apply(AxesChartStyler styler) {
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setPlotBorderVisible(false);
    styler.setLegendBorderColor(Color.WHITE);
    styler.setLegendPosition(LegendPosition.OutsideS);
    styler.setLegendLayout(LegendLayout.Horizontal);
    styler.setYAxisMin(0.0);
    styler.setYAxisDecimalPattern(DECIMALS);
    styler.setXAxisDecimalPattern(DECIMALS);
  }

  /** A library has the same one in all charts. */
  static Color color(Library library) {
    return Objects.requireNonNull(COLORS.get(library));
  }
}
