package dev.tandem.streams;

import dev.tandem.api.internal.Require;
import dev.tandem.api.lifecycle.Health;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.internal.consume.ConsumerCore;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.Collection;
import java.util.List;

/**
 * Takes the messages of a group by hand, for those who have a loop of their own: the guarantees of
 * a {@link StreamWorker}, with which it may share a group, without its threads and handlers.
 *
 * <pre>{@code
 * while (running) {
 *   for (HeldDelivery<Order> delivery : consumer.poll(acme, orders, 10, Duration.ofSeconds(1))) {
 *     try {
 *       bill(delivery.message().payload());
 *       delivery.ack();
 *     } catch (PaymentDeclined e) {
 *       delivery.reject(e.getMessage());
 *     } catch (Exception e) {
 *       delivery.retry();
 *     }
 *   }
 * }
 * }</pre>
 *
 * <p><b>Guarantee.</b> Every message that is published is, for the group, at any moment one of: not
 * yet read, leased to one consumer, waiting for its retry, acknowledged, among the {@link
 * DeadLetters}, or reported lost. It is delivered at least once; more than once only after a
 * failure, after {@link HeldDelivery#retry}, when a consumer is closed that holds it, or when it is
 * replayed from the dead letters; {@link Delivery#isRedelivery()} says so.
 *
 * <p><b>What a poll returns.</b> Retries that are due and replayed {@link DeadLetters} first, then
 * what dead consumers of the group have let lapse (over the limit of deliveries it goes to the dead
 * letters; the members of a group take turns looking), then new messages. What is expired ({@link
 * DeadLetterReason#EXPIRED}) or not readable ({@link DeadLetterReason#NOT_READABLE}) goes to the
 * dead letters and is not returned. A group in which nobody polls and no worker runs looks after
 * nothing.
 *
 * <p><b>Replays.</b> Dead letters that are replayed come to this group only, with the id that they
 * were published with, as redeliveries; within 6 seconds, if somebody polls. They are settled like
 * any delivery. They take up to half of a poll, and where only one is polled at a time every other
 * one, so that new messages go on. As long as there are any, each poll sends one command more, in
 * the same round trip.
 *
 * <p><b>Leases.</b> What is held is renewed in the background until it is settled, however long
 * that takes: a delivery that is forgotten stays held until the consumer is closed or its process
 * ends. With {@link StreamConsumerBuilder#autoRenew autoRenew(false)} it lapses after the lease
 * time unless {@link HeldDelivery#extend} is called.
 *
 * <p><b>Trouble.</b> A poll that met an error while it had time left tries again; a group or stream
 * that has disappeared is made again where the group stood, with what is held; what a lost reply
 * delivered is returned by the next round, not counted again. A poll throws only if it has nothing
 * to return when its time is over.
 *
 * <p><b>Threads.</b> One daemon thread renews ({@code tandem-consumer-<group>-leases}), one more
 * acknowledges once {@link HeldDelivery#ackAsync} is used. Polls may come from many threads; those
 * of the same tenant and topic take turns, those of others run side by side. A poll that waits uses
 * a connection of its own, up to 16 of which are kept; renewing leases uses another (on a Cluster
 * one for each node).
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class StreamConsumer implements AutoCloseable {
  /** The most deliveries one poll may ask for: {@value}. */
  public static final int MOST_POLLED = 10_000;

  /** The longest wait of one poll: one hour. */
  public static final Duration LONGEST_WAIT = Duration.ofHours(1);

  private final ConsumerCore core;

  StreamConsumer(ConsumerCore core) {
    this.core = core;
  }

  /** A consumer over this connection, with everything that can be set. */
  public static StreamConsumerBuilder builder(RedisConnection redis) {
    return new StreamConsumerBuilder(redis);
  }

  /** Like {@link #poll(Tenant, StreamTopic, int, Duration)} without waiting. */
  public <T> List<HeldDelivery<T>> poll(Tenant tenant, StreamTopic<T> topic, int most) {
    return poll(tenant, topic, most, Duration.ZERO);
  }

  /**
   * Takes deliveries of a topic; creates the group if it does not exist.
   *
   * @param most the most to take, 1 to {@value #MOST_POLLED}; never more than there is room for
   *     under {@link StreamConsumerBuilder#maxHeld}
   * @param wait how long to wait for the first, zero to {@link #LONGEST_WAIT}, to within 200
   *     milliseconds and the connection's timeouts
   * @return what there is, oldest first within each kind; empty if there is nothing, if another
   *     thread polls the same topic all the while, or if the thread was interrupted
   * @throws dev.tandem.api.error.BufferFullException if as many deliveries are held as {@link
   *     StreamConsumerBuilder#maxHeld} allows, and none was settled within the wait
   * @throws dev.tandem.api.error.ClosedException if the consumer is closed
   * @throws dev.tandem.api.error.MessagingException if the server could not be asked
   */
  public <T> List<HeldDelivery<T>> poll(
      Tenant tenant, StreamTopic<T> topic, int most, Duration wait) {
    Require.notNull("tenant", tenant);
    Require.notNull("topic", topic);
    Require.inRange("most", most, 1, MOST_POLLED);
    Require.inRange("wait", wait, Duration.ZERO, LONGEST_WAIT);
    return core.poll(tenant, topic, most, wait);
  }

  /**
   * Acknowledges many deliveries in one round trip, like {@link HeldDelivery#ack} each.
   *
   * @return those whose lease was gone; usually none
   * @throws dev.tandem.api.error.InvalidValueException if one comes from another consumer; then
   *     none is acknowledged
   * @throws IllegalStateException if one was settled before, or is in the list twice; then none is
   *     acknowledged
   * @throws dev.tandem.api.error.MessagingException if the server could not be asked about some,
   *     which are still held and {@linkplain HeldDelivery#isSettled not settled}; the others are
   */
  public List<HeldDelivery<?>> ack(Collection<? extends HeldDelivery<?>> deliveries) {
    return core.acknowledge(Require.notNull("deliveries", deliveries));
  }

  /** The name this consumer goes by within its group, different for every one ever built. */
  public String consumer() {
    return core.consumer();
  }

  /** What it has done so far. */
  public ConsumerStats stats() {
    return core.stats();
  }

  /**
   * How it is doing, by its last polls: DEGRADED if that of some topic met an error or could not
   * write a dead letter, or what is held could not be renewed in time; DOWN after the end;
   * otherwise UP, also if nobody polls. The settling of a delivery tells its own caller what went
   * wrong.
   */
  public Health health() {
    return core.health();
  }

  /**
   * Sends what {@link HeldDelivery#ackAsync} left, hands back everything that is held and not
   * settled, so that others get it at once, and leaves the groups; all within the drain time. What
   * a poll has returned counts as delivered, so its next delivery is a redelivery, or the message
   * goes to the dead letters if it was delivered as often as the retry policy allows; what none has
   * returned does not count. Polls that wait throw {@link dev.tandem.api.error.ClosedException}.
   * What is still being handled is handled twice: settle first, then close.
   *
   * <p>Leaving is tried again for up to 5 s of failures, within the drain time. If the server does
   * not come back in that time, what is held waits for its lease to run out, and the consumer's
   * name stays in the group for about an hour.
   */
  @Override
  public void close() {
    core.close();
  }

  /** Stops at once and hands nothing back: what was held is delivered again after its lease. */
  public void closeNow() {
    core.closeNow();
  }
}
