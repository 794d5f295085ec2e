package dev.tandem.pubsub.events;

/**
 * One handler on an {@link EventBus}.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public interface Registration extends AutoCloseable {
  /** What the handler has done so far. */
  HandlerStats stats();

  /**
   * Ends it: no call of the handler begins any more, one that runs goes on. May be called by the
   * handler. Repeated calls do nothing.
   */
  @Override
  void close();
}
