package dev.tandem.streams.eventstore;

/**
 * What a handler may ask while it handles an event.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public interface ProjectionContext {
  /**
   * A number that grows each time the projection passes to another process or is rebuilt. Given
   * along with each write, it lets a view outside Redis refuse a process that is late.
   */
  long token();

  /**
   * Which attempt this is at the event in this process, from 1; grows when the handler has failed.
   * What is tried again because of trouble with the server counts as the same attempt.
   */
  int attempt();

  /**
   * Whether this process no longer holds the projection, as far as it knows: another may be
   * handling the same event.
   */
  boolean isLost();

  /** The view in Redis. */
  ProjectionView view();
}
