package dev.tandem.benchmarks.harness;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/**
 * Shows comparisons as a table, one work below the other: messages a second, microseconds of this
 * JVM's and of the server's work for each, bytes allocated for each, and how many times as fast as
 * the first contender; medians of the rounds.
 */
public final class Report {
  private static final String ROW = "%-20s %-18s %12s %9s %9s %9s %8s   %s%n";

  private final PrintWriter out;

  /** A report that is written here. */
  public Report(PrintWriter out) {
    this.out = out;
  }

  /** Begins the table. */
  public void begin(String conditions) {
    out.println(conditions);
    out.printf(
        ROW,
        "work",
        "contender",
        "messages/s",
        "cpu us",
        "server us",
        "bytes",
        "ratio",
        "spread of the ratio");
    out.flush();
  }

  /** Adds what was measured by itself. */
  public void add(String name, List<Measurement.Figure> figures) {
    for (Measurement.Figure figure : figures) {
      out.printf(
          "%-20s %-26s %s%n",
          name,
          figure.what(),
          String.format(Locale.ROOT, "%,.2f %s", figure.value(), figure.unit()));
    }
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
          String.format(Locale.ROOT, "%.2f", series.clientMicros().median()),
          series
              .serverMicros()
              .map(micros -> String.format(Locale.ROOT, "%.2f", micros.median()))
              .orElse("-"),
          String.format(Locale.ROOT, "%,.0f", series.bytes().median()),
          String.format(Locale.ROOT, "%.2f", ratio.median()),
          String.format(Locale.ROOT, "%.2f to %.2f", ratio.least(), ratio.most())
              + (series.lost() == 0 ? "" : "; LOST " + series.lost()));
    }
    out.flush();
  }
}
