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
  private final AtomicLong transactions = new AtomicLong();

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

  /** The rights of one transaction of a tenant, which has none yet. */
  public TransactionRights begin(Tenant tenant) {
    return new TransactionRights(this, tenant, holder + '-' + transactions.incrementAndGet());
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
    take(tenant, destination, messages, largest);
  }

  /** The same; whether the rate was asked for, and is to be given back if nothing comes of it. */
  boolean take(Tenant tenant, String destination, int messages, int largest) {
    TenantQuota quota = limits.of(tenant);
    if (largest > quota.limit(Quota.PAYLOAD_SIZE).orElse(Long.MAX_VALUE)) {
      throw refused(tenant, destination, Quota.PAYLOAD_SIZE, quota, messages);
    }
    OptionalLong rate = quota.limit(Quota.PUBLISH_RATE);
    if (rate.isEmpty()) {
      return false;
    }
    QuotaScripts.Rate taken;
    try {
      taken =
          QuotaScripts.rate(
              redis.commands(), layout.quotas(tenant), rate.getAsLong(), messages, 0, 0);
    } catch (MessagingException e) {
      TenantLimits.passIfAway(e);
      return false;
    }
    if (taken.taken() == 0) {
      throw refused(tenant, destination, Quota.PUBLISH_RATE, quota, messages);
    }
    return true;
  }

  /**
   * Keeps room in a stream for a second, beside what the same holder has there.
   *
   * @param name who keeps it
   * @param heldEntries what it has
   * @param heldBytes likewise
   * @param topic the stream's name
   * @return whether the bytes were counted, and are to be given back if nothing comes of it
   * @throws dev.tandem.api.error.QuotaExceededException if there is none
   * @throws MessagingException if Redis refuses to tell
   */
  boolean keepRoom(
      Tenant tenant,
      StreamKeys keys,
      String name,
      long heldEntries,
      long heldBytes,
      String topic,
      long bytes) {
    TenantQuota quota = limits.of(tenant);
    if (!limitsStreams(quota)) {
      return false;
    }
    Quota lacks;
    try {
      lacks = room(keys, name, quota, heldEntries, heldBytes, 0, 1, bytes).lacks();
    } catch (MessagingException e) {
      TenantLimits.passIfAway(e);
      return false;
    }
    if (lacks != null) {
      throw refused(tenant, topic, lacks, quota, 1);
    }
    return true;
  }

  /** Gives room back that a holder kept, and all it has in this stream. */
  void giveRoomBack(Tenant tenant, StreamKeys keys, String name, long bytes) {
    TenantQuota quota = limits.of(tenant);
    if (limitsStreams(quota)) {
      room(keys, name, quota, 0, 0, bytes, 0, 0);
    }
  }

  private static boolean limitsStreams(TenantQuota quota) {
    return quota.limit(Quota.STREAM_LENGTH).isPresent()
        || quota.limit(Quota.STREAM_BYTES).isPresent();
  }

  private QuotaScripts.Room room(
      StreamKeys keys,
      String name,
      TenantQuota quota,
      long heldEntries,
      long heldBytes,
      long backBytes,
      int entries,
      long bytes) {
    return QuotaScripts.room(
        redis.commands(),
        new QuotaScripts.RoomQuestion(
            keys,
            name,
            quota.limit(Quota.STREAM_LENGTH).orElse(0),
            quota.limit(Quota.STREAM_BYTES).orElse(0),
            heldEntries,
            heldBytes,
            backBytes,
            entries,
            0,
            bytes,
            0));
  }

  /**
   * Keeps a place for a channel that is to be published to, if the tenant's are limited.
   *
   * @throws dev.tandem.api.error.QuotaExceededException if that is one too many
   * @throws MessagingException if Redis refuses to tell
   */
  void begin(Tenant tenant, ChannelKeys keys, String channel) {
    TenantQuota quota = limits.of(tenant);
    OptionalLong most = quota.limit(Quota.LIVE_CHANNELS);
    if (most.isEmpty()) {
      return;
    }
    boolean may;
    try {
      may =
          QuotaScripts.channel(
              redis.commands(), keys, layout.quotas(tenant), channel, most.getAsLong());
    } catch (MessagingException e) {
      TenantLimits.passIfAway(e);
      return;
    }
    if (!may) {
      throw refused(tenant, channel, Quota.LIVE_CHANNELS, quota, 1);
    }
  }

  /** Gives the rate back for messages of which nothing comes. */
  void putBack(Tenant tenant, long messages) {
    OptionalLong rate = limits.of(tenant).limit(Quota.PUBLISH_RATE);
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
