package dev.tandem.pubsub.internal.log;

import dev.tandem.pubsub.Channel;
import dev.tandem.tenant.ChannelKeys;
import dev.tandem.tenant.Tenant;

/**
 * Whose log it is.
 *
 * @param tenant the tenant
 * @param channel the channel
 * @param keys its keys
 */
public record ChannelLog(Tenant tenant, Channel<?> channel, ChannelKeys keys) {
  @Override
  public String toString() {
    return keys.toString();
  }
}
