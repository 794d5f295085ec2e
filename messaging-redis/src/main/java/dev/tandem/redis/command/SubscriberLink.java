package dev.tandem.redis.command;

import java.util.Collection;

/**
 * A connection in subscriber mode. One thread {@link #run}s it; others add and remove channels, and
 * one may {@linkplain #takeOver take over} the reading while that thread does something else.
 *
 * <p>It never reconnects: when {@link #run} returns or throws, the owner opens another and
 * subscribes anew. At least one channel must stay subscribed while it runs; removing the last ends
 * {@link #run}. Channels can be added and removed from the first confirmation on; before it and
 * after {@link #run} these calls get an {@link dev.tandem.api.error.UnavailableException}.
 *
 * <p>Silence is not taken for a failure, however long it lasts: an owner who wants to know whether
 * the connection still delivers publishes to a channel of its own, and calls {@link #interrupt()}
 * when that does not arrive.
 *
 * <p>Thread safety: safe for use by many threads, except that {@link #run} is called once.
 */
public interface SubscriberLink extends AutoCloseable {
  /**
   * Subscribes and hands over what arrives until the connection ends.
   *
   * @param events told on the calling thread; must not block. What it throws, exception or error,
   *     is thrown by this method as it is, and the connection is cut
   * @param first the channels to begin with, at least one
   * @return whether the connection has ended; false if another thread has taken over the reading
   * @throws dev.tandem.api.error.UnavailableException when the connection fails; a call of {@link
   *     #close()} or {@link #interrupt()} shows as this too
   * @throws dev.tandem.api.error.ServerErrorException when the server refuses a channel, then or
   *     later, because the user may not read it, and {@code events} did not take that by {@link
   *     SubscriberEvents#onRefused}; or when the server reports any other error
   */
  boolean run(SubscriberEvents events, Collection<RedisKey> first);

  /**
   * Does something that may take long, on the thread that reads, in the middle of an event, as the
   * last part of it. Nothing is read meanwhile, unless another thread {@linkplain #takeOver takes
   * over}; then {@link #run} returns false when the event is done.
   *
   * @return whether this thread still reads
   */
  boolean aside(Runnable work);

  /**
   * Reads on in place of a thread that is {@linkplain #aside aside}, and like {@link #run} hands
   * over what arrives, until the connection ends or is taken over in turn.
   *
   * @return false at once if no thread is aside, and later if another has taken over
   */
  boolean takeOver(SubscriberEvents events);

  /** Asks for more channels; {@link SubscriberEvents#onSubscribed} confirms each. */
  void subscribe(Collection<RedisKey> channels);

  /** Gives channels up; {@link SubscriberEvents#onUnsubscribed} confirms each. */
  void unsubscribe(Collection<RedisKey> channels);

  /** Asks for patterns (glob syntax); {@link SubscriberEvents#onSubscribed} confirms each. */
  void subscribePatterns(Collection<RedisKey> patterns);

  /** Gives patterns up; {@link SubscriberEvents#onUnsubscribed} confirms each. */
  void unsubscribePatterns(Collection<RedisKey> patterns);

  /** Cuts the connection; {@link #run} ends with an error at once. */
  void interrupt();

  /** Gives the connection up. Repeated calls do nothing. */
  @Override
  void close();
}
