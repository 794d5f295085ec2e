package dev.tandem.hybrid;

import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.hybrid.internal.subscribe.CatchUpThreads;
import dev.tandem.hybrid.internal.subscribe.Journey;
import dev.tandem.hybrid.internal.subscribe.Metrics;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.LiveListener;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamTopic;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.internal.quota.SubscriptionQuota;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Subscribes to live channels whose messages are in a stream, too, as a {@link HybridPublisher}
 * puts them there: who comes back gets what it missed from the channel's buffer as far as that
 * reaches back, from the stream beyond it, and then live.
 *
 * <p><b>Guarantee.</b> A subscription gets the channel's messages as one sequence, each once and in
 * order, no matter how long it was away, how slow its listener is, and what becomes of the
 * connection or the channel's buffer; <i>or</i> a {@link dev.tandem.api.Gap}. It is told of one
 * only where neither side has what comes next:
 *
 * <ul>
 *   <li>the stream was trimmed beyond the position, or an entry was deleted, and the buffer does
 *       not have it ({@code TRIMMED});
 *   <li>the stream was lost too (flush, restart without data), or the position is another channel's
 *       ({@code EPOCH_CHANGED});
 *   <li>the server was rolled back to before the position or the stream id, by a failover or a
 *       restored copy ({@code ROLLED_BACK}): what the subscriber saw last never happened;
 *   <li>it was published to the channel alone, or through another stream, and the buffer does not
 *       have it any more ({@code TRIMMED}).
 * </ul>
 *
 * <p>So trim the topic by age or length: {@link dev.tandem.streams.Trimming#acknowledged}, the
 * default, removes what its groups have handled, which subscribers may still need. If the channel's
 * log alone was lost, nothing is missing as long as all was published to both: messages of the
 * channel alone that were lost with it leave no trace in the stream, and no gap.
 *
 * <p>What is in the stream and was not published to the channel does not belong to the sequence.
 * After a gap the sequence goes on with the oldest message that either side has, or where the
 * channel stands if the position is not part of any history. Expired messages are left out and
 * count as seen.
 *
 * <p><b>Messages.</b> All come as {@link dev.tandem.pubsub.LiveMessage}s of the channel, with
 * positions. Those from the stream have an empty instance id, their entry's time as timestamp, and
 * the payload as the topic's serde wrote it, which should be the channel's.
 *
 * <p><b>Threads.</b> Listeners are called by one thread at a time: live on the bus's delivery
 * threads, with the stream's messages on threads of this subscriber (see {@link
 * HybridSubscriberBuilder#catchUpThreads}), of which there is one more for pauses; all are daemons.
 * What a listener throws is logged and counted; the message counts as delivered.
 *
 * <p><b>Limits and cost.</b> A subscription that catches up holds one page, up to 256 entries of
 * about 1 MiB together, or a single larger one. It reads all that is in the stream from its place
 * on, also what is not on its channel; a place is found by halving, in some forty small reads.
 * Those that come back at once to the same stream and channel share what is read within five
 * seconds, up to 16 MiB of all streams; the stream's end each looks at for itself. While Redis is
 * away, or the user may not read the stream, reading is tried again for ever, at most every 5 s.
 *
 * <p><b>Quotas.</b> On a connection that enforces them a subscription takes one place among its
 * tenant's, when it is made, and keeps it until it ends, also while it reads the stream.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class HybridSubscriber implements AutoCloseable {
  private final RedisConnection redis;
  private final LiveBus bus;
  private final CatchUpThreads threads;
  private final Metrics metrics;
  private final @Nullable SubscriptionQuota quota;
  private final Set<Journey<?>> open = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  HybridSubscriber(
      RedisConnection redis,
      LiveBus bus,
      CatchUpThreads threads,
      @Nullable SubscriptionQuota quota) {
    this.redis = redis;
    this.quota = quota;
    if (quota != null) {
      threads.every(SubscriptionQuota.INTERVAL, quota::report);
    }
    this.bus = bus;
    this.threads = threads;
    this.metrics = Metrics.in(redis.metrics());
    bus.addListener(
        (from, to) -> {
          if (to == LifecycleState.STOPPED) {
            end(new ClosedException("the live bus is closed"));
          }
        });
  }

  private void end(ClosedException why) {
    List.copyOf(open).forEach(journey -> journey.end(why));
  }

  /**
   * The options of a subscriber that reads streams over this connection and channels by this bus,
   * which should be of the same server and enforce quotas alike. Both stay yours to close, after
   * the subscriber: closing one of them first ends its subscriptions with an error ({@link
   * HybridSubscription#ended}).
   */
  public static HybridSubscriberBuilder builder(RedisConnection redis, LiveBus bus) {
    return new HybridSubscriberBuilder(redis, bus);
  }

  /**
   * Subscribes. Returns at once, also while Redis is away; see {@link HybridSubscription#active()}.
   *
   * @param topic the stream that all messages of the channel are published to
   * @param channel the channel
   * @param listener gets messages and gaps; never disconnected
   * @throws InvalidValueException if the channel is fleeting, or the bus has a subscription to it
   *     described so
   * @throws dev.tandem.api.error.QuotaExceededException if the connection enforces quotas, and the
   *     tenant has as many subscriptions as it may, or would have more channels; Redis is asked
   *     then, by the calling thread
   * @throws ClosedException if this or the bus is closed
   */
  public <T> HybridSubscription subscribe(
      Tenant tenant,
      StreamTopic<T> topic,
      Channel<T> channel,
      HybridSubscribeOptions options,
      LiveListener<T> listener) {
    if (!Require.notNull("channel", channel).isRecoverable()) {
      throw new InvalidValueException(
          "channel", channel.name(), "must be recoverable for a hybrid subscription");
    }
    Require.notNull("tenant", tenant);
    Require.notNull("topic", topic);
    Require.notNull("options", options);
    Require.notNull("listener", listener);
    takePlace(tenant, channel);
    Journey<T> journey =
        new Journey<>(
            redis,
            bus,
            threads,
            metrics,
            tenant,
            topic,
            channel,
            options,
            listener,
            quota != null,
            gone -> {
              open.remove(gone);
              leavePlace(tenant);
            });
    open.add(journey);
    if (closed) {
      journey.close();
      throw new ClosedException("the hybrid subscriber is closed");
    }
    try {
      if (quota != null && options.startId() != null) {
        quota.begin(tenant, () -> bus.currentPosition(tenant, channel));
      }
      journey.begin(options);
    } catch (RuntimeException e) {
      journey.close();
      throw e;
    }
    return journey;
  }

  /** It is the subscription's until that ends, on the channel or not. */
  private void takePlace(Tenant tenant, Channel<?> channel) {
    if (quota != null) {
      quota.add(tenant, channel.name());
    }
  }

  private void leavePlace(Tenant tenant) {
    if (quota != null) {
      quota.remove(tenant);
    }
  }

  /**
   * How it is doing. Down if closed; degraded while a subscription cannot go on, which is tried
   * again for ever, with the reason; otherwise the health of its bus. Asks nobody.
   */
  public Health health() {
    Health live = bus.health();
    if (closed) {
      return new Health(Health.Status.DOWN, "the hybrid subscriber is closed", live.lastProof());
    }
    if (live.status() == Health.Status.DOWN) {
      return live;
    }
    List<Throwable> troubles =
        open.stream().map(Journey::trouble).filter(Objects::nonNull).toList();
    if (troubles.isEmpty()) {
      return live;
    }
    String detail =
        "%d of %d subscriptions cannot go on now, the first: %s"
            .formatted(troubles.size(), open.size(), troubles.get(0).getMessage());
    return new Health(Health.Status.DEGRADED, detail, live.lastProof());
  }

  /** Ends all subscriptions. Repeated calls do nothing. */
  @Override
  public void close() {
    closed = true;
    List.copyOf(open).forEach(Journey::close);
    threads.close();
    if (quota != null) {
      quota.report();
    }
  }

  @Override
  public String toString() {
    return "HybridSubscriber[" + open.size() + " subscriptions]";
  }
}
