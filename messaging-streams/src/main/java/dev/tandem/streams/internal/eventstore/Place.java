package dev.tandem.streams.internal.eventstore;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StreamTopic;
import dev.tandem.tenant.AggregateKeys;
import dev.tandem.tenant.EventKeys;
import dev.tandem.tenant.Tenant;
import org.jspecify.annotations.Nullable;

/**
 * One category of one tenant, and how to reach it.
 *
 * @param <T> the payload's type
 */
public record Place<T>(RedisConnection redis, Tenant tenant, StreamTopic<T> topic, EventKeys keys) {

  /** What is wrong with an aggregate whose stored data is not as it was written. */
  public MessagingException damaged(AggregateKeys aggregate, String fault) {
    return new MessagingException(
        ErrorCode.DATA_DAMAGED,
        false,
        describe(aggregate) + " is damaged: " + fault,
        null,
        tenant.name(),
        topic.name());
  }

  /** The error, with where it happened. */
  MessagingException failed(ErrorCode code, String message, @Nullable Throwable cause) {
    return new MessagingException(code, false, message, cause, tenant.name(), topic.name());
  }

  /** How errors name an aggregate. */
  String describe(AggregateKeys aggregate) {
    return "aggregate '" + aggregate.id() + "' of category " + topic.name();
  }
}
