package dev.tandem.tenant;

import dev.tandem.redis.command.RedisKey;

/**
 * The keys by which the quotas of one tenant are kept.
 *
 * <p>Thread safety: immutable.
 */
public final class QuotaKeys {
  private final RedisKey limits;

  QuotaKeys(String prefix) {
    this.limits = RedisKey.of(prefix + ":quota");
  }

  /** The hash of what the tenant may have. */
  public RedisKey limits() {
    return limits;
  }

  /** The hash of what is left of the publish rate. */
  public RedisKey rate() {
    return RedisKey.of(limits.text() + ":rate");
  }

  /** The sorted set of channels that are about to begin, by when that is forgotten. */
  public RedisKey channels() {
    return RedisKey.of(limits.text() + ":channels");
  }

  /** The hash of how many subscriptions each process has. */
  public RedisKey subscriptions() {
    return RedisKey.of(limits.text() + ":subscriptions");
  }

  @Override
  public String toString() {
    return limits.text();
  }
}
