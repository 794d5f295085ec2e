package dev.tandem.tenant.quota;

import dev.tandem.api.internal.Require;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.internal.quota.LimitsHash;
import dev.tandem.tenant.internal.quota.QuotaScripts;
import dev.tandem.tenant.internal.quota.UsageReader;

/**
 * Sets, shows and removes the quotas of tenants. They are kept in Redis beside the tenant's data,
 * so that all processes go by the same ones.
 *
 * <p><b>Who keeps them.</b> Everything that is built on a connection with {@link
 * dev.tandem.redis.RedisConnectionBuilder#enforceQuotas}; those for dead letters, and the stream
 * length for scheduled messages, hold on every connection. A change is known to each process within
 * {@value #KNOWN_SECONDS} seconds; what has been taken in stays, also if it is more than a new
 * limit. Quotas bind who uses these libraries: a program with a login of its own for Redis can pass
 * them by, and a tenant's own user can change them.
 *
 * <p><b>What a refusal costs.</b> The message gets a {@link
 * dev.tandem.api.error.QuotaExceededException}, which names tenant, quota, limit and destination;
 * it is not sent and not tried again. It takes nothing of the rate or of a stream's room, at any of
 * the places that it was to go to, and no other message waits or fails for it, except those of the
 * same atomic batch or transaction. Two things may be held for a while: room in a stream that
 * another of its places refused, up to a second for other processes, and the place of a channel
 * that was to begin, when a later channel of the same message or transaction is refused: 15
 * seconds.
 *
 * <p><b>How exactly.</b> Processes take rights in advance, for at most a tenth of a second's use,
 * by scripts that count what others have taken:
 *
 * <ul>
 *   <li>Publish rate: in any {@code t} seconds at most {@code rate × (t + 1.1)} messages, and those
 *       that are sent again because their reply was lost.
 *   <li>Stream length: never more, except for messages that take longer than a second from the
 *       decision to the server (the connection stalls, they are sent again, or the handler of their
 *       transaction goes on for so long). Less may be accepted while others hold rights that they
 *       have not used, for up to a second; scheduled messages wait for those too.
 *   <li>Stream bytes: likewise, and counted by the libraries: 64 for each entry beside its names
 *       and values. Scheduled messages count when they are appended, but never wait for bytes, so
 *       they may take a stream above its limit, where others are refused then. Of streams with more
 *       than 1,024 entries what was trimmed may still count, up to a 64th of the limit and what was
 *       under way at some moment; and what a process had room for when it was killed counts until
 *       what was there then has been trimmed, which is never if nothing trims. What is deleted from
 *       the middle, or added by other programs, is not noticed. A stream that already is there is
 *       judged by 16 of its entries.
 *   <li>Live channels: never more that are published to or read while Redis answers. Who would
 *       begin one too many is refused, be it by publishing, by subscribing, or by asking for a
 *       position; a subscription made while Redis was away waits until there is room. Except: a
 *       channel that came to rest and left the index begins again if it is published to within a
 *       minute, or is published to longer than 15 seconds after that was allowed.
 *   <li>Subscriptions: one for each channel subscribed to, for each pattern, and for each hybrid
 *       subscription, which keeps it while it reads its stream; never more while Redis answers; a
 *       process that dies gives its own back after a minute. Those made while Redis is away are
 *       counted when it is back, and then stay.
 *   <li>Dead letters: never more. See {@link Quota#DEAD_LETTERS}.
 *   <li>Payload size: exactly.
 * </ul>
 *
 * <p>A transaction that does not commit gives back what it has taken of the rate and of streams. If
 * the reply to a call that gives something back is lost and the call is repeated, that is given
 * back twice: as much may pass beyond the limit then, once for rate, for bytes until what was there
 * has been trimmed.
 *
 * <p>While Redis does not say what is left, messages are sent as if there were no quota, and share
 * the fate of everything else that is sent then.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class TenantQuotas {
  /** After how many seconds at most a process knows of a change: {@value}. */
  public static final int KNOWN_SECONDS = 2;

  /** The most streams and groups in a report: {@value}. */
  public static final int MOST_LISTED = 10_000;

  private final RedisConnection redis;
  private final KeyLayout layout;

  private TenantQuotas(RedisConnection redis) {
    this.redis = Require.notNull("redis", redis);
    this.layout = KeyLayout.of(redis);
  }

  /** Quotas in the database of this connection. */
  public static TenantQuotas of(RedisConnection redis) {
    return new TenantQuotas(redis);
  }

  /**
   * Sets the quotas of a tenant, in place of those before.
   *
   * @throws dev.tandem.api.error.MessagingException if Redis does not answer, or refuses
   */
  public void set(Tenant tenant, TenantQuota quota) {
    Require.notNull("quota", quota);
    redis
        .commands()
        .execute(QuotaScripts.set(layout.quotas(tenant).limits(), quota.limits()).repeatable());
  }

  /**
   * The quotas of a tenant; {@link TenantQuota#NONE} if none were set.
   *
   * @throws dev.tandem.api.error.MessagingException if Redis does not answer, or refuses
   */
  public TenantQuota of(Tenant tenant) {
    return LimitsHash.read(redis.commands().execute(LimitsHash.question(layout.quotas(tenant))));
  }

  /**
   * Removes all quotas of a tenant.
   *
   * @throws dev.tandem.api.error.MessagingException if Redis does not answer, or refuses
   */
  public void remove(Tenant tenant) {
    set(tenant, TenantQuota.NONE);
  }

  /**
   * What a tenant may have and what it has: goes through all keys of the server once, in small
   * steps, as {@link dev.tandem.tenant.TenantKeys} says, which also says what the user must be
   * allowed.
   *
   * @throws dev.tandem.api.error.MessagingException if Redis does not answer, or refuses
   */
  public TenantUsage usage(Tenant tenant) {
    return new UsageReader(redis, layout, tenant).read(of(tenant));
  }
}
