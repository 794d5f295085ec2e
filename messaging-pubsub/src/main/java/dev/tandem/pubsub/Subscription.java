package dev.tandem.pubsub;

import dev.tandem.api.Position;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One listener on one channel.
 *
 * <p>It lives until closed, whatever happens to the connection: the bus reconnects for ever and
 * recovers what was missed. Only a listener that is too slow ends it, where {@link
 * SlowConsumer#DISCONNECT} was chosen.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public interface Subscription extends AutoCloseable {
  /**
   * Completes when Redis has confirmed the subscription and the start is settled: what is published
   * from now on will arrive. While Redis is away, it waits. Completed on a delivery thread.
   *
   * <p>Fails with {@link dev.tandem.api.error.ErrorCode#ACCESS_DENIED}, naming tenant and channel,
   * when Redis answers that the user may not read the channel. The subscription lives on: it is
   * asked for again, at most 30 s apart, and begins when the right is given; until then {@link
   * LiveBus#health()} names the channel. Fails with {@link dev.tandem.api.error.ClosedException} if
   * closed before, on the thread that closes.
   */
  CompletableFuture<Void> active();

  /**
   * After the last message the listener was called with: resuming from here misses nothing and
   * repeats nothing. Null until known, and always null on a fleeting channel.
   */
  @Nullable Position position();

  /** What it has done so far. */
  SubscriptionStats stats();

  /**
   * Ends it: no call of the listener begins any more, one that runs goes on. What waits is dropped;
   * {@link #position()} stays good to resume from. May be called by the listener. Repeated calls do
   * nothing.
   */
  @Override
  void close();
}
