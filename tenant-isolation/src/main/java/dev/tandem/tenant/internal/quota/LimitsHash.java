package dev.tandem.tenant.internal.quota;

import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.tenant.QuotaKeys;
import dev.tandem.tenant.quota.Quota;
import dev.tandem.tenant.quota.TenantQuota;
import org.jspecify.annotations.Nullable;

/** The hash in which a tenant's quotas are kept. */
public final class LimitsHash {
  private LimitsHash() {}

  /** Asks for all of them. */
  public static Command question(QuotaKeys keys) {
    Command command = Command.of("HMGET").key(keys.limits());
    for (Quota quota : Quota.values()) {
      command.arg(quota.label());
    }
    return command.repeatable();
  }

  /**
   * The answer.
   *
   * @throws dev.tandem.api.error.MessagingException if Redis refused
   */
  public static TenantQuota read(@Nullable Object reply) {
    TenantQuota.Builder quota = TenantQuota.builder();
    Quota[] all = Quota.values();
    var values = Replies.list(Replies.orThrow(reply));
    for (int i = 0; i < all.length; i++) {
      Object value = values.get(i);
      if (value != null) {
        quota.limit(all[i], Replies.number(value));
      }
    }
    return quota.build();
  }
}
