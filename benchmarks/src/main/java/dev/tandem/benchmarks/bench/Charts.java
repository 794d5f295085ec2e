package dev.tandem.benchmarks.bench;

import dev.tandem.benchmarks.curves.Curve;
import dev.tandem.benchmarks.curves.CurvePoint;
import dev.tandem.benchmarks.harness.Library;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;

/** Draws results as files beside the results. */
final class Charts {
  private static final int WIDTH = 720;
  private static final int HEIGHT = 320;
  private static final int WIDTH_OF_ALL = 960;
  private static final int HEIGHT_OF_ALL = 420;
  private static final int TURNED = 90;
  private static final String RATIO = "times hand-written Jedis";

  /** No bar of the chart of all works is higher: one of 30 would make the others invisible. */
  private static final double MOST_SHOWN = 2;

  private final ResultsFile results;

  Charts(ResultsFile results) {
    this.results = results;
  }

  /** How the contenders of one work compare: a bar each. */
  void ratios(String work, List<Result> all) throws IOException {
    List<Result> compared = all.stream().filter(result -> result.ratioToJedis() != null).toList();
    if (compared.isEmpty()) {
      return;
    }
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(work)
            .yAxisTitle(RATIO)
            .build();
    ChartStyle.apply(chart.getStyler());
    chart.getStyler().setLabelsVisible(true);
    chart.getStyler().setLegendVisible(false);
    chart
        .addSeries(
            work,
            compared.stream().map(Result::contender).toList(),
            compared.stream().map(Result::ratioToJedis).map(Objects::requireNonNull).toList())
        .setFillColor(ChartStyle.color(Library.TANDEM));
    SvgFile.draw(chart, results.beside(work + ".svg"));
  }

  /** All works in one chart. */
  void overview(List<Result> all) throws IOException {
    Set<String> works = new LinkedHashSet<>();
    all.stream()
        .filter(result -> result.ratioToJedis() != null)
        .forEach(result -> works.add(result.work()));
    if (works.isEmpty()) {
      return;
    }
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(WIDTH_OF_ALL)
            .height(HEIGHT_OF_ALL)
            .yAxisTitle(RATIO + " (up to " + (int) MOST_SHOWN + ")")
            .build();
    ChartStyle.apply(chart.getStyler());
    chart.getStyler().setXAxisLabelRotation(TURNED);
    for (Library library : Library.values()) {
      List<Double> ratios = works.stream().map(work -> ratio(all, work, library)).toList();
      if (ratios.stream().anyMatch(ratio -> ratio > 0)) {
        chart
            .addSeries(library.id(), List.copyOf(works), ratios)
            .setFillColor(ChartStyle.color(library));
      }
    }
    SvgFile.draw(chart, results.beside("ratios.svg"));
  }

  private static double ratio(List<Result> all, String work, Library library) {
    for (Result result : all) {
      Double ratio = result.ratioToJedis();
      if (ratio != null && result.work().equals(work) && result.contender().equals(library.id())) {
        return Math.min(ratio, MOST_SHOWN);
      }
    }
    return 0;
  }

  /** How something grows. */
  void curve(Curve curve, List<CurvePoint> points) throws IOException {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(curve.title())
            .xAxisTitle(curve.over())
            .yAxisTitle(curve.counted() + " a second")
            .build();
    ChartStyle.apply(chart.getStyler());
    chart.getStyler().setXAxisLogarithmic(true);
    for (Library library : Library.values()) {
      List<CurvePoint> its = new ArrayList<>(points);
      its.removeIf(point -> point.library() != library);
      if (!its.isEmpty()) {
        chart
            .addSeries(
                library.id(),
                its.stream().map(CurvePoint::at).toList(),
                its.stream().map(CurvePoint::perSecond).toList())
            .setMarkerColor(ChartStyle.color(library))
            .setLineColor(ChartStyle.color(library));
      }
    }
    SvgFile.draw(chart, results.beside("curve-" + curve.name() + ".svg"));
  }
}
