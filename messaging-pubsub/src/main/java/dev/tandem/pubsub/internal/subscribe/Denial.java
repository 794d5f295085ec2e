package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.api.error.ServerErrorException;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.tenant.Tenant;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** The error of who may not subscribe. */
public final class Denial {
  private Denial() {}

  /** The server's error, naming the tenant and the channel or pattern that it refused. */
  static ServerErrorException of(
      ServerErrorException error, RedisKey refused, Tenant tenant, String channel) {
    return new ServerErrorException(
        error.code(),
        false,
        "no permission to subscribe to " + refused.text() + ": " + error.getMessage(),
        error,
        tenant.name(),
        channel);
  }

  /** What a subscription's {@code active()} failed with, if the server refused it; null if not. */
  public static @Nullable ServerErrorException in(@Nullable Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return cause instanceof ServerErrorException denial ? denial : null;
  }
}
