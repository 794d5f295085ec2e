package dev.tandem.hybrid;

import dev.tandem.api.Position;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One listener on one channel that has its messages in a stream, too; as {@link HybridSubscriber}
 * says. It lives until closed, whatever happens to the connection or the channel's buffer, or until
 * what it needs is closed: {@link #ended()} tells.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public interface HybridSubscription extends AutoCloseable {
  /**
   * Completes when Redis has confirmed the subscription to the channel and it is known where it
   * stands: what is published from now on will arrive. What was published before may still be on
   * its way, from the buffer or, if that turns out not to reach back, from the stream; {@link
   * HybridSubscriptionStats#live} tells which. While Redis is away it waits. Fails with {@code
   * ACCESS_DENIED}, naming tenant and stream or channel, when Redis answers that the user may not
   * read one of them: the subscription lives on, tries again, and goes on once it may. Fails with
   * {@link dev.tandem.api.error.ClosedException} if closed before. Completed on a delivery thread
   * of the live bus, or a thread that reads streams.
   */
  CompletableFuture<Void> active();

  /**
   * Completes when it has ended, and no call of the listener begins any more: normally if it, or
   * its {@link HybridSubscriber}, was closed; with {@link dev.tandem.api.error.ClosedException} if
   * the live bus, or the connection that streams are read over, was closed under it. Then {@link
   * #position()} is where to go on. Completed by the thread that closes, or one that reads streams.
   */
  CompletableFuture<Void> ended();

  /**
   * After the last message the listener was called with: resuming from here misses nothing and
   * repeats nothing. Null until known. Good for a {@link dev.tandem.pubsub.LiveBus}, too.
   */
  @Nullable Position position();

  /** What it has done so far. */
  HybridSubscriptionStats stats();

  /**
   * Ends it: no call of the listener begins any more, one that runs goes on. {@link #position()}
   * stays good to resume from. May be called by the listener, and while it catches up. Repeated
   * calls do nothing.
   */
  @Override
  void close();
}
