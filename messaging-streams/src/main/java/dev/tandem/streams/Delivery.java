package dev.tandem.streams;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.tenant.Tenant;
import java.time.Instant;

/**
 * One delivery of a message to one consumer of a group: a lease that the worker renews until the
 * handler has finished.
 *
 * <p>Made by Tandem; methods may be added in minor releases.
 *
 * <p>Thread safety: safe for use by many threads.
 *
 * @param <T> the payload's type
 */
public interface Delivery<T> {
  /** The message's identity: the id of its stream entry. */
  MessageId id();

  /** The message. */
  Message<T> message();

  /** Whose message it is. */
  Tenant tenant();

  /** The stream it came from. */
  StreamTopic<T> topic();

  /** The group it is delivered to. */
  String group();

  /**
   * How often the message was delivered to the group, this time included: 1 the first time. Counted
   * by the server, so that deliveries to consumers that died count too.
   *
   * <p>Counted anew: for a dead letter that is replayed, from 1; and after a group was destroyed
   * and made again, where the earlier ones are not known any more: messages that waited for a
   * retry, or that a consumer which is gone had held, come with 2.
   */
  long deliveries();

  /**
   * Whether it was delivered before, and so may have been handled before, in whole or in part; so
   * it was if it is replayed.
   */
  default boolean isRedelivery() {
    return deliveries() > 1;
  }

  /**
   * Whether this delivery is known not to be ours any more: it could not be renewed in time, {@link
   * StreamAdmin} has taken it away, or its handler's time is up. A handler that finds so should
   * stop: the message is, or will be, handled again. Noticed within a third of the lease time, or
   * 10 seconds if that is less, while the server can be reached; by a {@link StreamConsumer} that
   * does not renew by itself only when it is asked to {@link HeldDelivery#extend} or to settle.
   */
  boolean isLeaseLost();

  /** When the message was appended, by the server's clock; taken from the id. */
  Instant publishedAt();
}
