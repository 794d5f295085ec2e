package dev.tandem.streams.internal.eventstore;

import dev.tandem.api.RetryPolicy;
import dev.tandem.streams.eventstore.FailureAction;
import dev.tandem.streams.eventstore.ProjectionContext;
import dev.tandem.streams.eventstore.RecordedEvent;
import dev.tandem.streams.eventstore.ViewUpdate;
import dev.tandem.tenant.ProjectionKeys;
import java.time.Clock;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * What a projection is told.
 *
 * @param holder a name that no other projection object ever has
 * @param mostSkipped the most skipped events to write down
 * @param <T> the events' payload type
 */
public record ProjectionSettings<T>(
    Place<T> place,
    ProjectionKeys keys,
    String holder,
    Work<T> work,
    Duration lease,
    Duration drainTimeout,
    RetryPolicy retry,
    FailureAction onFailure,
    int mostSkipped,
    Clock clock,
    RandomGenerator random) {

  /**
   * What is done with events.
   *
   * @param <T> the events' payload type
   */
  public interface Work<T> {
    /** Handles an event; what it changes in the view. */
    ViewUpdate handle(RecordedEvent<T> event, ProjectionContext context) throws Exception;

    /** Begins anew. */
    void begin(ProjectionContext context) throws Exception;
  }

  /** How logs and errors name the projection. */
  String describe() {
    return "projection " + keys.name() + " of " + place.topic().name() + " of " + place.tenant();
  }
}
