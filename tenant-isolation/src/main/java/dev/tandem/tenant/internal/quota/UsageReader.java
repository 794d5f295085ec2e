package dev.tandem.tenant.internal.quota;

import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.tenant.KeyKind;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.QuotaKeys;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.TenantKey;
import dev.tandem.tenant.TenantKeys;
import dev.tandem.tenant.quota.TenantQuota;
import dev.tandem.tenant.quota.TenantQuotas;
import dev.tandem.tenant.quota.TenantUsage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds out what a tenant has, a hundred keys at a time. */
public final class UsageReader {
  private static final Set<KeyKind> KINDS = EnumSet.of(KeyKind.STREAM, KeyKind.DEAD_LETTERS);
  private static final int BATCH = 100;

  private final RedisConnection redis;
  private final KeyLayout layout;
  private final Tenant tenant;
  private final List<TenantUsage.StreamUse> streams = new ArrayList<>();
  private final List<TenantUsage.GroupUse> groups = new ArrayList<>();

  /** Reads nothing yet. */
  public UsageReader(RedisConnection redis, KeyLayout layout, Tenant tenant) {
    this.redis = redis;
    this.layout = layout;
    this.tenant = tenant;
  }

  /** Reads once through all keys. */
  public TenantUsage read(TenantQuota quota) {
    List<TenantKey> keys = TenantKeys.of(redis).list(tenant, KINDS, null, TenantQuotas.MOST_LISTED);
    for (int from = 0; from < keys.size(); from += BATCH) {
      measure(keys.subList(from, Math.min(keys.size(), from + BATCH)));
    }
    QuotaKeys own = layout.quotas(tenant);
    List<@Nullable Object> replies =
        redis
            .commands()
            .executeAll(
                List.of(
                    Command.of("ZCARD").key(layout.channelIndex(tenant)).repeatable(),
                    Command.of("HGETALL").key(own.subscriptions()).repeatable(),
                    Command.of("HMGET")
                        .key(own.rate())
                        .arg("second")
                        .arg("taken")
                        .arg("before")
                        .repeatable()));
    Instant now = redis.serverTime();
    return new TenantUsage(
        tenant,
        quota,
        streams,
        groups,
        keys.size() < TenantQuotas.MOST_LISTED,
        Replies.number(Replies.orThrow(replies.get(0))),
        subscriptions(Replies.orThrow(replies.get(1)), now.toEpochMilli()),
        rate(Replies.list(Replies.orThrow(replies.get(2))), now.getEpochSecond()));
  }

  private void measure(List<TenantKey> keys) {
    List<Command> commands = new ArrayList<>();
    for (TenantKey each : keys) {
      commands.add(Command.of("XLEN").key(each.key()).repeatable());
      commands.add(Command.of("MEMORY").arg("USAGE").key(each.key()).repeatable());
    }
    List<@Nullable Object> replies = redis.commands().executeAll(commands);
    for (int i = 0; i < keys.size(); i++) {
      long length = Replies.number(Replies.orThrow(replies.get(2 * i)));
      Object bytes = Replies.orThrow(replies.get(2 * i + 1));
      List<String> names = keys.get(i).names();
      if (keys.get(i).kind() == KeyKind.STREAM) {
        long size = bytes == null ? 0 : Replies.number(bytes);
        streams.add(new TenantUsage.StreamUse(names.get(0), length, size));
      } else if (length > 0) {
        groups.add(new TenantUsage.GroupUse(names.get(0), names.get(1), length));
      }
    }
  }

  private static long subscriptions(@Nullable Object reply, long nowMillis) {
    long all = 0;
    for (Object value : Replies.map(reply).values()) {
      String[] parts = Replies.text(value).split(" ", -1);
      if (Long.parseLong(parts[2]) >= nowMillis) {
        all += Long.parseLong(parts[0]);
      }
    }
    return all;
  }

  private static long rate(List<@Nullable Object> reply, long nowSecond) {
    if (reply.get(0) == null) {
      return 0;
    }
    long second = Replies.number(reply.get(0));
    if (second == nowSecond) {
      return Replies.number(reply.get(2));
    }
    return second == nowSecond - 1 ? Replies.number(reply.get(1)) : 0;
  }
}
