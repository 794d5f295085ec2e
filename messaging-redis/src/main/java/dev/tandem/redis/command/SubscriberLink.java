package dev.tandem.redis.command;

import java.util.Collection;

/**
 * A connection in subscriber mode. One thread {@link #run}s it; others add and remove channels.
 *
 * <p>It never reconnects: when {@link #run} returns or throws, the owner opens another and
 * subscribes anew. At least one channel must stay subscribed while it runs; removing the last ends
 * {@link #run}.
 *
 * <p>Thread safety: safe for use by many threads, except that {@link #run} is called once.
 */
public interface SubscriberLink extends AutoCloseable {
  /**
   * Subscribes and hands over what arrives until the connection ends.
   *
   * @param events told on the calling thread; must not block, and what it throws ends the link
   * @param first the channels to begin with, at least one
   * @throws dev.tandem.api.error.MessagingException when the connection fails; a call of {@link
   *     #close()} or {@link #interrupt()} shows as this too
   */
  void run(SubscriberEvents events, Collection<RedisKey> first);

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
