package dev.tandem.tenant.internal.quota;

import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.ChannelKeys;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.StreamKeys;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.quota.Quota;
import dev.tandem.tenant.quota.TenantQuota;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides, by the quotas of tenants, about writes that are not gathered in batches; asks Redis each
 * time for a tenant that has some. For the libraries' own use.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class DirectQuota {
  private final RedisConnection redis;
  private final KeyLayout layout;
  private final TenantLimits limits;
  private final Refusals refusals;
  private final String holder;
  private final AtomicLong calls = new AtomicLong();

  private DirectQuota(RedisConnection redis, LongSupplier nanoTime, String holder) {
    this.redis = redis;
    this.layout = KeyLayout.of(redis);
    this.limits = new TenantLimits(redis, nanoTime);
    this.refusals = new Refusals(redis.metrics());
    this.holder = holder;
  }

  /**
   * Decides for a process; null if this connection does not enforce quotas.
   *
   * @param holder who asks; unique
   */
  public static @Nullable DirectQuota of(
      RedisConnection redis, LongSupplier nanoTime, String holder) {
    return redis.enforcesQuotas() ? new DirectQuota(redis, nanoTime, holder) : null;
  }

  /**
   * Takes the right to send messages.
   *
   * @param destination where they go
   * @param largest bytes of the largest payload
   * @throws dev.tandem.api.error.QuotaExceededException if that would be too much
   * @throws MessagingException if Redis refuses to tell
   */
  public void publish(Tenant tenant, String destination, int messages, int largest) {
    TenantQuota quota = limits.of(tenant);
    if (largest > quota.limit(Quota.PAYLOAD_SIZE).orElse(Long.MAX_VALUE)) {
      throw refused(tenant, destination, Quota.PAYLOAD_SIZE, quota, messages);
    }
    OptionalLong rate = quota.limit(Quota.PUBLISH_RATE);
    try {
      if (rate.isPresent()
          && QuotaScripts.rate(
                      redis.commands(), layout.quotas(tenant), rate.getAsLong(), messages, 0, 0)
                  .taken()
              == 0) {
        throw refused(tenant, destination, Quota.PUBLISH_RATE, quota, messages);
      }
    } catch (MessagingException e) {
      TenantLimits.passIfAway(e);
    }
  }

  /**
   * Takes the right to append to a stream, and keeps room there for a second.
   *
   * @param bytes of all entries
   * @param largest bytes of the largest payload
   * @throws dev.tandem.api.error.QuotaExceededException if that would be too much
   * @throws MessagingException if Redis refuses to tell
   */
  public void append(
      Tenant tenant, StreamKeys keys, String topic, int entries, long bytes, int largest) {
    publish(tenant, topic, entries, largest);
    TenantQuota quota = limits.of(tenant);
    long mostEntries = quota.limit(Quota.STREAM_LENGTH).orElse(0);
    long mostBytes = quota.limit(Quota.STREAM_BYTES).orElse(0);
    if (mostEntries == 0 && mostBytes == 0) {
      return;
    }
    String name = holder + '-' + calls.incrementAndGet();
    try {
      QuotaScripts.Room room =
          QuotaScripts.room(
              redis.commands(),
              new QuotaScripts.RoomQuestion(
                  keys, name, mostEntries, mostBytes, 0, 0, 0, entries, 0, bytes, 0));
      Quota lacks = room.lacks();
      if (lacks != null) {
        putBack(tenant, quota, entries);
        throw refused(tenant, topic, lacks, quota, entries);
      }
    } catch (MessagingException e) {
      TenantLimits.passIfAway(e);
    }
  }

  /**
   * Takes the right to publish a message to a channel.
   *
   * @param payload its bytes
   * @throws dev.tandem.api.error.QuotaExceededException if that would be too much
   * @throws MessagingException if Redis refuses to tell
   */
  public void channel(
      Tenant tenant, ChannelKeys keys, String channel, boolean isRecoverable, int payload) {
    publish(tenant, channel, 1, payload);
    TenantQuota quota = limits.of(tenant);
    OptionalLong most = quota.limit(Quota.LIVE_CHANNELS);
    if (most.isEmpty() || !isRecoverable) {
      return;
    }
    try {
      if (!QuotaScripts.channel(
          redis.commands(), keys, layout.quotas(tenant), channel, most.getAsLong())) {
        putBack(tenant, quota, 1);
        throw refused(tenant, channel, Quota.LIVE_CHANNELS, quota, 1);
      }
    } catch (MessagingException e) {
      TenantLimits.passIfAway(e);
    }
  }

  /** Gives the rate back for messages that another quota refuses. */
  private void putBack(Tenant tenant, TenantQuota quota, int messages) {
    OptionalLong rate = quota.limit(Quota.PUBLISH_RATE);
    if (rate.isPresent()) {
      QuotaScripts.rate(redis.commands(), layout.quotas(tenant), rate.getAsLong(), 0, 0, messages);
    }
  }

  private MessagingException refused(
      Tenant tenant, String destination, Quota kind, TenantQuota quota, int messages) {
    MessagingException why = refusals.of(tenant, destination, kind, quota);
    refusals.count(why, messages);
    return why;
  }
}
