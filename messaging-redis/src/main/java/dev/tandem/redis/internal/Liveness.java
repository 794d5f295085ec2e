package dev.tandem.redis.internal;

import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.lifecycle.Lifecycle;
import dev.tandem.api.lifecycle.LifecycleState;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/**
 * Remembers when a server last answered, and tells the lifecycle when one is lost, and when all are
 * back. Where a success and a failure cross, the state may be either until the next call.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class Liveness {
  private final Clock clock;
  private final Lifecycle lifecycle;
  private final Nodes nodes;
  private final AtomicLong failures = new AtomicLong();
  private volatile long lastProofMillis = Long.MIN_VALUE;

  Liveness(Clock clock, Lifecycle lifecycle, Nodes nodes) {
    this.clock = clock;
    this.lifecycle = lifecycle;
    this.nodes = nodes;
  }

  void proven(Node node) {
    lastProofMillis = clock.millis();
    node.proven();
    Node any = nodes.any();
    if (node != any && any.lastFailure() != null) {
      any.proven(); // whoever may ask any node finds this one
      any.breaker().reset();
    }
    if (lifecycle.state() == LifecycleState.RECOVERING && nodes.allAnswer()) {
      lifecycle.tryMoveTo(LifecycleState.RUNNING);
    }
  }

  void failed(Node node, Throwable error) {
    failures.incrementAndGet();
    node.failed(error);
    if (lifecycle.state() == LifecycleState.RUNNING) {
      lifecycle.tryMoveTo(LifecycleState.RECOVERING);
    }
  }

  long failures() {
    return failures.get();
  }

  Health health(String endpoint) {
    Instant proof =
        lastProofMillis == Long.MIN_VALUE ? null : Instant.ofEpochMilli(lastProofMillis);
    if (lifecycle.state().isFinal()) {
      return new Health(
          Health.Status.DOWN, "connection to Redis at " + endpoint + " is closed", proof);
    }
    List<Node> troubled =
        nodes.all().stream()
            .filter(node -> node.breaker().isOpen() || node.lastFailure() != null)
            .toList();
    if (troubled.isEmpty()) {
      return new Health(Health.Status.UP, "Redis at " + endpoint + " answers", proof);
    }
    return new Health(
        nodes.allRefuse() ? Health.Status.DOWN : Health.Status.DEGRADED,
        troubled.stream().map(this::trouble).collect(Collectors.joining("; ")),
        proof);
  }

  private String trouble(Node node) {
    String failure = String.valueOf(node.lastFailure());
    String trouble =
        node.breaker().isOpen() ? "circuit breaker is open; last failure: " + failure : failure;
    return node == nodes.any() ? trouble : "node " + node.name() + ": " + trouble;
  }
}
