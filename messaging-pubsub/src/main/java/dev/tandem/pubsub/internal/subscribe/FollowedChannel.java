package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.api.Position;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A channel that a {@link PatternSubscriber} follows, and for how long it has been quiet.
 *
 * <p>Thread safety: none but of what it holds; used by one look at a time.
 */
final class FollowedChannel<T> {
  /** How much longer than its retention a channel is quiet before it is let go. */
  private static final Duration LONGER = Duration.ofMinutes(2);

  private final String name;
  private final RecoverableSubscriber<T> subscriber;
  private @Nullable Position seen;
  private long seenNanos;

  FollowedChannel(String name, RecoverableSubscriber<T> subscriber) {
    this.name = name;
    this.subscriber = subscriber;
  }

  String name() {
    return name;
  }

  RecoverableSubscriber<T> subscriber() {
    return subscriber;
  }

  /** Where the listener stands, if it has stood there for longer than anything is stored. */
  @Nullable Position quietAt(long nowNanos, Duration retention) {
    Position at = subscriber.position();
    if (at == null || !at.equals(seen)) {
      seen = at;
      seenNanos = nowNanos;
      return null;
    }
    return nowNanos - seenNanos > retention.plus(LONGER).toNanos() ? at : null;
  }
}
