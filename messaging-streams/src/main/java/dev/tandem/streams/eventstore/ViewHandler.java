package dev.tandem.streams.eventstore;

/**
 * Handles the events of a category for a projection that keeps its view in Redis, as one hash.
 *
 * <p>What it returns is written together with the projection's position, in one script that refuses
 * a process which no longer holds the projection: in the view each event counts exactly once. The
 * handler itself may run more often, and what else it does is not covered.
 *
 * <p>Called on the projection's own thread, for one event at a time in the order of their
 * positions.
 *
 * @param <T> the events' payload type
 */
@FunctionalInterface
public interface ViewHandler<T> {
  /**
   * Says what an event changes. To look at the view as it is: {@link ProjectionContext#view()}.
   *
   * @return the changes; {@link ViewUpdate#none()} if there are none
   * @throws Exception to have it tried again as the projection's retry policy says, and then to
   *     stop the projection, or to skip the event where that was chosen; see {@link
   *     ProjectionHandler#handle}
   */
  ViewUpdate handle(RecordedEvent<T> event, ProjectionContext context) throws Exception;
}
