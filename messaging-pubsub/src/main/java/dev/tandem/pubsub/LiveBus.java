package dev.tandem.pubsub;

import dev.tandem.api.Message;
import dev.tandem.api.Position;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.lifecycle.LifecycleListener;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.Tenant;
import java.util.concurrent.CompletableFuture;

/**
 * Publishes to live channels and subscribes to them. Build one per process and connection.
 *
 * <p><b>Publishing.</b> Messages to one channel arrive in the order in which one thread published
 * them; a message that Redis took has a version and, on a recoverable channel, is stored in the
 * same step. A publish whose reply was lost fails with {@link
 * dev.tandem.api.error.OutcomeUnknownException} and is not repeated: it may or may not have
 * arrived.
 *
 * <p><b>Subscribing.</b> What {@link Channel} promises, for each {@link Subscription}. One Redis
 * subscription serves all local subscribers of a channel, over one connection that is made at the
 * first subscribe, tested when silent, and made again for ever.
 *
 * <p><b>Threads.</b> One sender, one for the subscriber connection, one timer, two that read from
 * buffers, and those that call listeners; all daemons.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class LiveBus implements AutoCloseable {
  LiveBus(LiveBusBuilder options) {}

  /** The options of a bus over this connection, which stays yours to close, after the bus. */
  public static LiveBusBuilder builder(RedisConnection redis) {
    return new LiveBusBuilder(redis);
  }

  /**
   * Publishes a message and waits until Redis has taken it. Not to be called from a stage of a
   * future that {@link #publishAsync} gave: that would wait for itself.
   *
   * @throws dev.tandem.api.error.InvalidValueException if the payload exceeds the channel's limit
   * @throws dev.tandem.api.error.SerdeException if the payload cannot be written
   * @throws dev.tandem.api.error.BufferFullException if there was no room for as long as {@link
   *     LiveBusBuilder#batching} allows
   * @throws dev.tandem.api.error.UnavailableException if it was not sent
   * @throws dev.tandem.api.error.OutcomeUnknownException if it was sent and the reply was lost, or
   *     the thread was interrupted while waiting
   * @throws dev.tandem.api.error.ServerErrorException if Redis refused it
   * @throws dev.tandem.api.error.ClosedException if the bus is closed
   */
  public <T> PublishReceipt publish(Tenant tenant, Channel<T> channel, Message<T> message) {
    return notYet(PublishReceipt.class);
  }

  /**
   * Publishes a message without waiting for Redis; waits only for room in the sender's buffer. What
   * is wrong with the message itself is thrown; what happens later fails the future. The future
   * completes on the sending thread: do not block in its stages.
   */
  public <T> CompletableFuture<PublishReceipt> publishAsync(
      Tenant tenant, Channel<T> channel, Message<T> message) {
    return CompletableFuture.failedFuture(new IllegalStateException("not implemented yet"));
  }

  /**
   * Subscribes. Returns at once, also while Redis is away; see {@link Subscription#active()}.
   *
   * @throws dev.tandem.api.error.InvalidValueException if the options ask for recovery on a
   *     fleeting channel, or this bus has a subscription to the same channel described the other
   *     way, fleeting or recoverable
   * @throws dev.tandem.api.error.ClosedException if the bus is closed
   */
  public <T> Subscription subscribe(
      Tenant tenant, Channel<T> channel, SubscribeOptions options, LiveListener<T> listener) {
    return notYet(Subscription.class);
  }

  /**
   * Where a recoverable channel stands now. Take it <i>before</i> loading a state, then subscribe
   * {@link SubscribeOptions#from} it: nothing falls in between.
   *
   * @throws dev.tandem.api.error.InvalidValueException if the channel is fleeting
   */
  public Position currentPosition(Tenant tenant, Channel<?> channel) {
    return notYet(Position.class);
  }

  /** The name of this bus, as its messages bear it. */
  public String instanceId() {
    return notYet(String.class);
  }

  /** How it is doing, by what arrived rather than by what its sockets say. */
  public Health health() {
    return notYet(Health.class);
  }

  /**
   * The present state; {@link LifecycleState#RECOVERING} while the subscriber connection is away.
   */
  public LifecycleState state() {
    return notYet(LifecycleState.class);
  }

  /** Tells of changes of {@link #state()} from now on. */
  public void addListener(LifecycleListener listener) {
    notYet(Void.class);
  }

  /** What it has done so far. */
  public BusStats stats() {
    return notYet(BusStats.class);
  }

  /**
   * Sends what waits (for up to 10 s; what is left fails with {@link
   * dev.tandem.api.error.ClosedException}), ends all subscriptions and gives the connection up.
   * Repeated calls do nothing.
   */
  @Override
  public void close() {}

  private static <R> R notYet(Class<R> type) {
    throw new IllegalStateException(type + ": not implemented yet");
  }
}
