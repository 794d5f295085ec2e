package dev.tandem.tenant;

import dev.tandem.redis.command.RedisKey;
import java.util.List;

/**
 * A key of a tenant.
 *
 * <p>Thread safety: immutable.
 *
 * @param key the key
 * @param kind what it is for
 * @param names whose it is, such as topic and group: see {@link KeyKind}
 */
public record TenantKey(RedisKey key, KeyKind kind, List<String> names) {
  /** Copies the list. */
  public TenantKey {
    names = List.copyOf(names);
  }
}
