package dev.tandem.benchmarks.bench;

import dev.tandem.benchmarks.curves.Curve;
import dev.tandem.benchmarks.curves.CurvePoint;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Results as text, one line each, one work below the other. */
final class ResultTable {
  private static final String NOTHING = "-";

  private final PrintWriter out;

  ResultTable(PrintWriter out) {
    this.out = out;
  }

  /** The head. */
  void begin(String conditions) {
    out.println(conditions);
    out.println(
        row(
            "work",
            "contender",
            "messages/s",
            "p50 us",
            "p99 us",
            "x jedis",
            "spread",
            "cpu us",
            "server us",
            "bytes",
            "lost"));
    out.flush();
  }

  /** The contenders of one work. */
  void add(List<Result> results) {
    for (Result result : results) {
      out.println(
          row(
              result.work(),
              result.contender(),
              number("%,.0f", result.perSecond()),
              number("%,.0f", result.p50Micros()),
              number("%,.0f", result.p99Micros()),
              number("%.2f", result.ratioToJedis()),
              result.ratioToJedis() == null
                  ? NOTHING
                  : number("%.2f", result.ratioLeast())
                      + " to "
                      + number("%.2f", result.ratioMost()),
              number("%.2f", result.clientCpuMicros()),
              number("%.2f", result.serverCpuMicros()),
              number("%,.0f", result.allocatedBytes()),
              Long.toString(result.lost())));
    }
    out.flush();
  }

  /** A curve: a line for each size, the rates of those who were measured in it. */
  void add(Curve curve, List<CurvePoint> points) {
    out.printf(
        "%n%s (%s), %s a second by %s%n",
        curve.name(), curve.title(), curve.counted(), curve.over());
    for (int size : curve.sizes()) {
      String rates =
          points.stream()
              .filter(point -> point.at() == size)
              .map(ResultTable::rate)
              .collect(Collectors.joining("  "));
      out.printf(Locale.ROOT, "%,12d  %s%n", size, rates);
    }
    out.flush();
  }

  private static String rate(CurvePoint point) {
    return String.format(Locale.ROOT, "%s %,12.0f", point.library().id(), point.perSecond())
        + (point.lost() == 0 ? "" : " (lost " + point.lost() + ")");
  }

  private static String row(Object... cells) {
    return String.format(Locale.ROOT, "%-20s %-9s %12s %10s %10s %8s %-16s %8s %9s %9s %6s", cells);
  }

  private static String number(String format, @Nullable Double value) {
    return value == null ? NOTHING : String.format(Locale.ROOT, format, value);
  }
}
