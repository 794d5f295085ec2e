package dev.tandem.redis.internal;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Timer;
import java.util.List;
import java.util.function.Supplier;

/**
 * What a connection tells about itself; the names are listed at {@link
 * dev.tandem.redis.RedisConnection#metricsPrefix()}.
 */
final class RedisMetrics {
  private static final String ROOT = "tandem.redis.";
  private static final String ROUND_TRIPS = ".round-trips";
  private static final String REPEATS = ".repeats";
  private static final String FAILURES = ".connection-failures";
  private static final String ACTIVE = ".pool.active";
  private static final String IDLE = ".pool.idle";
  private static final String BREAKER = ".circuit-breaker";

  private final MetricRegistry registry;
  private final String prefix;
  private final Timer roundTrips;

  private RedisMetrics(MetricRegistry registry, String prefix) {
    this.registry = registry;
    this.prefix = prefix;
    this.roundTrips = registry.timer(prefix + ROUND_TRIPS);
  }

  /** Registers the metrics under a prefix that no other connection in this registry has. */
  static RedisMetrics register(
      MetricRegistry registry,
      String clientName,
      ConnectionSource source,
      Nodes nodes,
      Liveness liveness,
      Guard guard) {
    String prefix = claimed(registry, clientName, () -> nodes.breakers().name());
    RedisMetrics metrics = new RedisMetrics(registry, prefix);
    metrics.gauge(ACTIVE, () -> source.use().active());
    metrics.gauge(IDLE, () -> source.use().idle());
    metrics.gauge(FAILURES, liveness::failures);
    metrics.gauge(REPEATS, guard::repeats);
    return metrics;
  }

  private static String claimed(
      MetricRegistry registry, String clientName, Gauge<String> breakerState) {
    for (int number = 1; ; number++) {
      String prefix = ROOT + clientName + (number == 1 ? "" : "-" + number);
      try {
        registry.registerGauge(prefix + BREAKER, breakerState);
        return prefix;
      } catch (IllegalArgumentException taken) {
        // Another connection has it: the next number.
      }
    }
  }

  String prefix() {
    return prefix;
  }

  <T> T timed(Supplier<T> roundTrip) {
    return roundTrips.timeSupplier(roundTrip);
  }

  /** One whose end is told later. */
  Timer.Context roundTripBegun() {
    return roundTrips.time();
  }

  long roundTrips() {
    return roundTrips.getCount();
  }

  void unregister() {
    // The claim goes last, so that the name is not taken again before it is free altogether.
    List.of(ACTIVE, IDLE, FAILURES, REPEATS, ROUND_TRIPS, BREAKER)
        .forEach(name -> registry.remove(prefix + name));
  }

  private void gauge(String name, Gauge<? extends Number> value) {
    registry.registerGauge(prefix + name, value);
  }
}
