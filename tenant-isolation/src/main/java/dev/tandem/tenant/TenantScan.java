package dev.tandem.tenant;

import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.RedisKey;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Finds the tenants that have a key of some name, by {@code SCAN}, a step of some hundred keys at a
 * time.
 *
 * <p>A tenant that has such a key all the while is found, one that never has is not. When a server
 * restarts, or slots of a Cluster are moved, meanwhile, some may be missed: then {@link #tenants()}
 * gives none as all.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class TenantScan {
  private final RedisConnection redis;
  private final KeyLayout layout;
  private final String suffix;

  private TenantScan(RedisConnection redis, String suffix) {
    this.redis = redis;
    this.layout = KeyLayout.of(redis);
    this.suffix = suffix;
  }

  /** Who has a stream of this topic; refuses a topic that breaks the rule of {@link Names}. */
  public static TenantScan ofStreams(RedisConnection redis, String topic) {
    return new TenantScan(redis, ":stream:" + Names.check("topic", topic));
  }

  /**
   * All of them, in no order. Goes through all keys of all servers that take writes.
   *
   * @throws IncompleteTenantsException with those that were found, if some may have been missed
   * @throws dev.tandem.api.error.MessagingException if a server cannot be asked
   */
  public Set<Tenant> tenants() {
    Set<Tenant> found = new LinkedHashSet<>();
    boolean complete =
        KeyScan.ofManySlots(redis, RedisKey.of("tenant:"), suffix)
            .run(
                page -> {
                  for (byte[] name : page) {
                    String key = RedisKey.of(name).text();
                    if (key.endsWith(suffix)) {
                      Tenant tenant =
                          layout.tenantOf(key.substring(0, key.length() - suffix.length()));
                      if (tenant != null) {
                        found.add(tenant);
                      }
                    }
                  }
                });
    if (!complete) {
      throw new IncompleteTenantsException(found);
    }
    return found;
  }
}
