package dev.tandem.benchmarks.harness;

import java.io.PrintWriter;
import java.util.Locale;

/** Shows comparisons as a table, one work below the other. */
public final class Report {
  private static final String ROW = "%-20s %-18s %12s %14s   %s%n";

  private final PrintWriter out;

  /** A report that is written here. */
  public Report(PrintWriter out) {
    this.out = out;
  }

  /** Begins the table. */
  public void begin(String conditions) {
    out.println(conditions);
    out.printf(ROW, "work", "contender", "messages/s", "ratio", "spread of the ratio");
    out.flush();
  }

  /** Adds a work. */
  public void add(Comparison comparison) {
    for (Series series : comparison.series()) {
      Spread ratio = series.ratioTo(comparison.baseline());
      out.printf(
          ROW,
          comparison.work(),
          series.contender(),
          String.format(Locale.ROOT, "%,.0f", series.rate().median()),
          String.format(Locale.ROOT, "%.2f", ratio.median()),
          String.format(Locale.ROOT, "%.2f to %.2f", ratio.least(), ratio.most())
              + (series.lost() == 0 ? "" : "; LOST " + series.lost()));
    }
    out.flush();
  }
}
