package dev.tandem.redis.internal;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Timer;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.util.List;
import java.util.function.Supplier;

/** What a connection tells about itself, under {@code tandem.redis}. */
final class RedisMetrics {
  private static final String ROUND_TRIPS = "tandem.redis.round-trips";
  private static final String FAILURES = "tandem.redis.connection-failures";
  private static final String ACTIVE = "tandem.redis.pool.active";
  private static final String IDLE = "tandem.redis.pool.idle";
  private static final String BREAKER = "tandem.redis.circuit-breaker";

  private final MetricRegistry registry;
  private final Timer roundTrips;

  RedisMetrics(MetricRegistry registry) {
    this.registry = registry;
    this.roundTrips = registry.timer(ROUND_TRIPS);
  }

  <T> T timed(Supplier<T> roundTrip) {
    return roundTrips.timeSupplier(roundTrip);
  }

  long roundTrips() {
    return roundTrips.getCount();
  }

  void register(ConnectionSource source, CircuitBreaker breaker, Liveness liveness) {
    gauge(ACTIVE, () -> source.use().active());
    gauge(IDLE, () -> source.use().idle());
    gauge(BREAKER, () -> breaker.getState().name());
    gauge(FAILURES, liveness::failures);
  }

  void unregister() {
    List.of(ACTIVE, IDLE, BREAKER, FAILURES).forEach(registry::remove);
  }

  private void gauge(String name, Gauge<Object> value) {
    registry.remove(name);
    registry.registerGauge(name, value);
  }
}
