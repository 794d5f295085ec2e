package dev.tandem.pubsub.internal.link;

import dev.tandem.api.error.ServerErrorException;
import dev.tandem.redis.command.RedisKey;

/**
 * What happens on the subscriber connection. Called on its threads, never two at a time for one
 * channel's payloads; must return at once.
 */
public interface LinkEvents {
  /** The connection serves. */
  void onConnected();

  /** The connection is lost; every channel will be confirmed anew. */
  void onLost();

  /** Redis has confirmed a channel: what is published to it from now on will arrive. */
  void onConfirmed(RedisKey channel);

  /** Redis refuses a channel, for the user may not read it; it is asked again. */
  void onDenied(RedisKey channel, ServerErrorException error);

  /** Something was published. */
  void onPayload(RedisKey channel, byte[] payload);

  /** Something was published to a channel that a pattern matches. */
  void onPatternPayload(RedisKey pattern, RedisKey channel, byte[] payload);
}
