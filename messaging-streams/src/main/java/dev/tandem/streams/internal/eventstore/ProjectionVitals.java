package dev.tandem.streams.internal.eventstore;

import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.lifecycle.Lifecycle;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.streams.eventstore.ProjectionFailure;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How a projection is doing, and its state that follows from it. Safe for use by many threads. */
final class ProjectionVitals {
  private static final Logger LOG = LoggerFactory.getLogger(ProjectionVitals.class);
  private static final Duration QUIET = Duration.ofSeconds(30);

  private final ProjectionSettings<?> settings;
  private final Lifecycle lifecycle;
  private volatile @Nullable Instant lastProof;
  private volatile String lastTrouble = "";

  ProjectionVitals(ProjectionSettings<?> settings) {
    this.settings = settings;
    this.lifecycle = new Lifecycle(settings.describe(), LOG::warn);
  }

  Lifecycle lifecycle() {
    return lifecycle;
  }

  /** Moves to this state if that is possible from the present one. */
  void moveTo(LifecycleState next) {
    lifecycle.tryMoveTo(next);
  }

  /** The server has answered. */
  void proven() {
    lastProof = settings.clock().instant();
  }

  /** Something went wrong that is expected to pass. */
  void troubled(Throwable error) {
    lastTrouble = String.valueOf(error.getMessage());
    if (lifecycle.state() != LifecycleState.RECOVERING
        && lifecycle.tryMoveTo(LifecycleState.RECOVERING)) {
      LOG.warn("{}: recovering: {}", settings.describe(), lastTrouble);
    }
  }

  /** What went wrong has passed. */
  void recovered() {
    if (lifecycle.state() != LifecycleState.RUNNING) {
      lifecycle.tryMoveTo(LifecycleState.RUNNING);
    }
  }

  /** How it is doing, stopped at this failure if there is one. */
  Health health(@Nullable ProjectionFailure stuck, boolean active) {
    Instant proof = lastProof;
    LifecycleState now = lifecycle.state();
    if (stuck != null) {
      return new Health(
          Health.Status.DOWN,
          settings.describe() + " has stopped at " + stuck.position() + ": " + stuck.error(),
          proof);
    }
    return switch (now) {
      case RUNNING -> {
        Duration quiet = settings.lease().compareTo(QUIET) > 0 ? settings.lease() : QUIET;
        boolean heard = proof != null && proof.plus(quiet).isAfter(settings.clock().instant());
        yield heard
            ? new Health(
                Health.Status.UP,
                settings.describe() + (active ? " is at work" : " stands by"),
                proof)
            : new Health(
                Health.Status.DEGRADED, settings.describe() + " has heard nothing of Redis", proof);
      }
      case STARTING, RECOVERING, PAUSED, DRAINING ->
          new Health(Health.Status.DEGRADED, settings.describe() + " is " + now + trouble(), proof);
      case CREATED, STOPPED, FAILED ->
          new Health(Health.Status.DOWN, settings.describe() + " is " + now + trouble(), proof);
    };
  }

  private String trouble() {
    return lastTrouble.isEmpty() ? "" : "; last trouble: " + lastTrouble;
  }
}
