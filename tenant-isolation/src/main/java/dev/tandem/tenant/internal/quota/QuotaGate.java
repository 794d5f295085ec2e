package dev.tandem.tenant.internal.quota;

import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.tenant.ChannelKeys;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.StreamKeys;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.quota.Quota;
import dev.tandem.tenant.quota.TenantQuota;
import dev.tandem.tenant.quota.TenantQuotas;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides for a sending thread, by the quotas of tenants, what may be sent. Takes rights in
 * advance, so that it seldom has to ask Redis; see {@link TenantQuotas} for how exactly it is. For
 * the libraries' own use.
 *
 * <p>Thread safety: not safe for use by many threads; the sending thread's, which it may block for
 * a call.
 */
public final class QuotaGate {
  /** The most streams, tenants, and channels that are remembered. */
  static final int MOST = 16_384;

  private static final long CHANNEL_KNOWN = TimeUnit.MINUTES.toNanos(1);

  private final RedisConnection redis;
  private final KeyLayout layout;
  private final LongSupplier nanoTime;
  private final TenantLimits limits;
  private final Refusals refusals;
  private final String holder;
  private final Map<Tenant, RateCredit> rates = new HashMap<>();
  private final Map<RedisKey, StreamCredit> streams = new HashMap<>();
  private final Set<StreamCredit> tight = new LinkedHashSet<>();
  private final Map<RedisKey, Long> channels = new HashMap<>();

  private QuotaGate(RedisConnection redis, LongSupplier nanoTime, String holder) {
    this.redis = redis;
    this.layout = KeyLayout.of(redis);
    this.nanoTime = nanoTime;
    this.limits = new TenantLimits(redis, nanoTime);
    this.refusals = new Refusals(redis.metrics());
    this.holder = holder;
  }

  /**
   * A gate, or null if this connection does not enforce quotas.
   *
   * @param holder gives it a name, which must be unique
   */
  public static @Nullable QuotaGate of(
      RedisConnection redis, LongSupplier nanoTime, Supplier<String> holder) {
    return redis.enforcesQuotas() ? new QuotaGate(redis, nanoTime, holder.get()) : null;
  }

  /**
   * Takes the right to append entries to a stream: all or none. What became of them is to be said
   * by {@link #settled}.
   *
   * @param bytes of all of them
   * @param largest bytes of the largest payload
   * @return null, or why they may not be appended
   */
  public @Nullable MessagingException stream(
      Tenant tenant, StreamKeys keys, String topic, int entries, long bytes, int largest) {
    try {
      TenantQuota quota = limits.of(tenant);
      if (quota.limits().isEmpty()) {
        return null;
      }
      Quota refused = mayAppend(tenant, keys, quota, entries, bytes, largest);
      return refused == null ? null : refusals.of(tenant, topic, refused, quota);
    } catch (MessagingException e) {
      return e;
    }
  }

  private @Nullable Quota mayAppend(
      Tenant tenant, StreamKeys keys, TenantQuota quota, int entries, long bytes, int largest) {
    long now = nanoTime.getAsLong();
    if (largest > quota.limit(Quota.PAYLOAD_SIZE).orElse(Long.MAX_VALUE)) {
      return Quota.PAYLOAD_SIZE;
    }
    if (!mayPublish(tenant, quota, entries, now)) {
      return Quota.PUBLISH_RATE;
    }
    Quota full = isFull(keys, quota, entries, bytes, now);
    if (full != null) {
      putBack(tenant, entries);
    }
    return full;
  }

  /** Gives the rate back for messages that go nowhere because something else was refused. */
  public void putBack(Tenant tenant, long messages) {
    RateCredit rate = rates.get(tenant);
    if (rate != null) {
      rate.putBack(messages);
    }
  }

  /**
   * Takes the right to publish messages to a channel: all or none.
   *
   * @param largest bytes of the largest payload
   * @return null, or why they may not be published
   */
  public @Nullable MessagingException channel(
      Tenant tenant,
      ChannelKeys keys,
      String channel,
      boolean isRecoverable,
      int messages,
      int largest) {
    try {
      TenantQuota quota = limits.of(tenant);
      if (quota.limits().isEmpty()) {
        return null;
      }
      long now = nanoTime.getAsLong();
      Quota refused = null;
      if (largest > quota.limit(Quota.PAYLOAD_SIZE).orElse(Long.MAX_VALUE)) {
        refused = Quota.PAYLOAD_SIZE;
      } else if (!mayPublish(tenant, quota, messages, now)) {
        refused = Quota.PUBLISH_RATE;
      } else if (isRecoverable && !mayBegin(tenant, keys, channel, quota, now)) {
        putBack(tenant, messages);
        refused = Quota.LIVE_CHANNELS; // asked for last: a place is kept, if given, for a while
      }
      return refused == null ? null : refusals.of(tenant, channel, refused, quota);
    } catch (MessagingException e) {
      return e;
    }
  }

  /** Entries of a stream that might be appended were, or will not be. */
  public void settled(StreamKeys keys, int entries, long bytes, boolean isAppended) {
    StreamCredit credit = streams.get(keys.stream());
    if (credit != null) {
      credit.settled(entries, bytes, isAppended);
    }
  }

  /** So many messages fail for this reason: counts them, if it is a quota. */
  public void refused(MessagingException why, long messages) {
    refusals.count(why, messages);
  }

  /** Gives back room that others might need; to be called when a batch is done. */
  public void giveBack() {
    if (tight.isEmpty()) {
      return;
    }
    for (StreamCredit credit : List.copyOf(tight)) {
      if (!credit.isTight() || credit.isUnderWay()) {
        continue;
      }
      try {
        credit.giveBack(redis.commands());
      } catch (MessagingException e) {
        break; // it will be free in a second by itself
      }
    }
    tight.removeIf(credit -> !credit.isTight());
  }

  private boolean mayPublish(Tenant tenant, TenantQuota quota, long messages, long now) {
    OptionalLong limit = quota.limit(Quota.PUBLISH_RATE);
    if (limit.isEmpty()) {
      return true;
    }
    RateCredit rate = rates.get(tenant);
    if (rate == null) {
      makeRoom(rates, each -> each.isIdle(now));
      rate = new RateCredit(layout.quotas(tenant));
      rates.put(tenant, rate);
    }
    try {
      return rate.take(redis.commands(), limit.getAsLong(), messages, now);
    } catch (MessagingException e) {
      TenantLimits.passIfAway(e);
      rate.unasked(messages);
      return true;
    }
  }

  private @Nullable Quota isFull(
      StreamKeys keys, TenantQuota quota, int entries, long bytes, long now) {
    long mostEntries = quota.limit(Quota.STREAM_LENGTH).orElse(0);
    long mostBytes = quota.limit(Quota.STREAM_BYTES).orElse(0);
    if (mostEntries == 0 && mostBytes == 0) {
      return null;
    }
    StreamCredit credit = streams.get(keys.stream());
    if (credit == null) {
      makeRoom(streams, each -> each.isIdle(now));
      credit = new StreamCredit(keys, holder);
      streams.put(keys.stream(), credit);
    }
    credit.limits(mostEntries, mostBytes);
    Quota full = null;
    try {
      full = credit.take(redis.commands(), entries, bytes, now);
    } catch (MessagingException e) {
      TenantLimits.passIfAway(e);
      credit.unasked(entries, bytes);
    }
    if (credit.isTight()) {
      tight.add(credit);
    }
    return full;
  }

  private boolean mayBegin(
      Tenant tenant, ChannelKeys keys, String channel, TenantQuota quota, long now) {
    OptionalLong limit = quota.limit(Quota.LIVE_CHANNELS);
    if (limit.isEmpty()) {
      return true;
    }
    Long known = channels.get(keys.channel());
    if (known != null && now - known < 0) {
      return true;
    }
    boolean may;
    try {
      may =
          QuotaScripts.channel(
              redis.commands(), keys, layout.quotas(tenant), channel, limit.getAsLong());
    } catch (MessagingException e) {
      TenantLimits.passIfAway(e);
      return true;
    }
    if (may) {
      makeRoom(channels, each -> now - each >= 0);
      channels.put(keys.channel(), now + CHANNEL_KNOWN);
    } else {
      channels.remove(keys.channel());
    }
    return may;
  }

  private static <V> void makeRoom(Map<?, V> known, Predicate<V> isOld) {
    if (known.size() >= MOST) {
      known.values().removeIf(isOld);
    }
    if (known.size() >= MOST) {
      known.clear();
    }
  }
}
