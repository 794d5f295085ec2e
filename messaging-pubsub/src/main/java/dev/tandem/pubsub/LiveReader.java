package dev.tandem.pubsub;

import dev.tandem.api.Position;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A subscription whose messages are fetched by the caller instead of being handed to a listener.
 *
 * <p>What {@link Channel} promises holds here, too: every message once and in order, or a gap that
 * says so. What waits to be fetched is bounded by the {@link SubscribeOptions}, and {@link
 * SubscribeOptions#slowConsumer} says what becomes of the rest: who fetches too slowly is a slow
 * consumer. A filter among the options is called by the thread that fetches.
 *
 * <p>Thread safety: safe for use by many threads. Each event is given to one of them, so only a
 * single fetching thread sees the channel's order; while one waits in a call, the others wait for
 * their turn.
 *
 * @param <T> the payload's type
 */
public interface LiveReader<T> extends Iterable<LiveEvent<T>>, AutoCloseable {
  /** The longest wait of one call: 1 day. */
  Duration MAX_WAIT = Duration.ofDays(1);

  /**
   * The next event, or null if none came in time.
   *
   * @param wait how long to wait, zero to {@link #MAX_WAIT}
   * @throws dev.tandem.api.error.ClosedException if this reader is closed, also while waiting; or
   *     if it was ended because of {@link SlowConsumer#DISCONNECT}: resume from {@link #position()}
   * @throws dev.tandem.api.error.WaitTimeoutException if the thread was interrupted while waiting
   */
  @Nullable LiveEvent<T> poll(Duration wait);

  /**
   * The next events: waits for the first, then takes those that are there. Empty if none came in
   * time.
   *
   * @param max the most events, 1 to 1,000,000
   * @param wait how long to wait, zero to {@link #MAX_WAIT}
   * @throws dev.tandem.api.error.ClosedException as {@link #poll(Duration)} does
   * @throws dev.tandem.api.error.WaitTimeoutException if the thread was interrupted while waiting
   */
  List<LiveEvent<T>> poll(int max, Duration wait);

  /**
   * The events from now on: {@code hasNext} waits as long as it takes, and is false once this
   * reader is closed or was ended.
   */
  @Override
  Iterator<LiveEvent<T>> iterator();

  /** As {@link Subscription#active()}. */
  CompletableFuture<Void> active();

  /**
   * After the event that was returned last: resuming from here misses nothing and repeats nothing.
   * Null until known, and always null on a fleeting channel.
   */
  @Nullable Position position();

  /** What it has done so far. */
  SubscriptionStats stats();

  /** Ends it, and every wait. What was not fetched is dropped. Repeated calls do nothing. */
  @Override
  void close();
}
