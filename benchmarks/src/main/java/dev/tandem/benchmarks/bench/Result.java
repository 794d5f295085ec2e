package dev.tandem.benchmarks.bench;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import dev.tandem.benchmarks.harness.Comparison;
import dev.tandem.benchmarks.harness.LatencySeries;
import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.Series;
import dev.tandem.benchmarks.harness.Spread;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How one contender did at one work; medians of the rounds, null where it was not measured.
 *
 * @param work its name
 * @param contender the library's name
 * @param perSecond messages that arrived
 * @param p50Micros within which half of the messages arrived that were due at a fixed rate
 * @param p99Micros within which 99 of 100 did
 * @param ratioToJedis how many times as fast as the hand-written Jedis of the same round
 * @param lost messages that did not arrive, in all rounds
 * @param ratioLeast the smallest ratio of a round
 * @param ratioMost the largest
 * @param clientCpuMicros processor time of the JVM for one message
 * @param serverCpuMicros processor time of the server for one message
 * @param allocatedBytes that the JVM allocated for one message
 * @param description what the contender does, in words
 */
@JsonPropertyOrder({
  "work",
  "contender",
  "perSecond",
  "p50Micros",
  "p99Micros",
  "ratioToJedis",
  "lost",
  "ratioLeast",
  "ratioMost",
  "clientCpuMicros",
  "serverCpuMicros",
  "allocatedBytes",
  "description"
})
record Result(
    String work,
    String contender,
    double perSecond,
    @Nullable Double p50Micros,
    @Nullable Double p99Micros,
    @Nullable Double ratioToJedis,
    long lost,
    @Nullable Double ratioLeast,
    @Nullable Double ratioMost,
    double clientCpuMicros,
    @Nullable Double serverCpuMicros,
    double allocatedBytes,
    String description) {
  private static final double DECIMALS = 1e3;

  /** Those of one work. */
  static List<Result> of(Comparison comparison, List<LatencySeries> latencies) {
    return comparison.series().stream()
        .map(series -> of(comparison, series, latency(series, latencies)))
        .toList();
  }

  private static @Nullable LatencySeries latency(Series series, List<LatencySeries> latencies) {
    return latencies.stream()
        .filter(latency -> latency.contender().equals(series.contender()))
        .findFirst()
        .orElse(null);
  }

  private static Result of(Comparison comparison, Series series, @Nullable LatencySeries latency) {
    Series baseline = comparison.baseline();
    Spread ratio = baseline.library() == Library.JEDIS ? series.ratioTo(baseline) : null;
    return new Result(
        comparison.work(),
        series.library().id(),
        rounded(series.rate().median()),
        latency == null ? null : finite(latency.p50Micros()),
        latency == null ? null : finite(latency.p99Micros()),
        ratio == null ? null : finite(ratio.median()),
        series.lost() + (latency == null ? 0 : latency.lost()),
        ratio == null ? null : finite(ratio.least()),
        ratio == null ? null : finite(ratio.most()),
        rounded(series.clientMicros().median()),
        series.serverMicros().map(Spread::median).map(Result::rounded).orElse(null),
        rounded(series.bytes().median()),
        series.contender());
  }

  /** Whether it is ours. */
  boolean isTandems() {
    return contender.equals(Library.TANDEM.id());
  }

  /** JSON knows no infinity: what never came has no percentile. */
  private static @Nullable Double finite(double value) {
    return Double.isFinite(value) ? rounded(value) : null;
  }

  private static double rounded(double value) {
    return Math.round(value * DECIMALS) / DECIMALS;
  }
}
