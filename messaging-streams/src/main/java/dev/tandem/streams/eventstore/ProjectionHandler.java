package dev.tandem.streams.eventstore;

/**
 * Handles the events of a category for a projection that keeps its view elsewhere: in a database,
 * an index, a file.
 *
 * <p>Called on the projection's own thread, for one event at a time in the order of their
 * positions, by one process at a time. Each event is handled at least once: again after a failure,
 * a crash, or a rebuild, so that handling must be harmless to repeat (the event's position tells
 * what a view has seen). May block; interrupted only when the projection is closed and its drain
 * time is over, or by {@link Projection#closeNow}.
 *
 * @param <T> the events' payload type
 */
@FunctionalInterface
public interface ProjectionHandler<T> {
  /**
   * Handles one event. Returning moves the projection past it.
   *
   * @throws Exception to have it tried again as the projection's retry policy says, and then to
   *     stop the projection, or to skip the event where that was chosen. A {@link
   *     dev.tandem.api.error.MessagingException} that is retryable, or whose outcome is unknown,
   *     says nothing against the event: it is tried again until that ends, without being counted
   */
  void handle(RecordedEvent<T> event, ProjectionContext context) throws Exception;

  /**
   * Called before the first event of the category, at the very beginning and after a rebuild: the
   * place to empty the view. May be called several times before the first event is done. What it
   * throws is a failure like one of {@link #handle}; it is never skipped.
   */
  default void onBeginning(ProjectionContext context) throws Exception {}
}
