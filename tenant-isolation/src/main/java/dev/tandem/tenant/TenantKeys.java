package dev.tandem.tenant;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.UnavailableException;
import dev.tandem.api.internal.Require;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.RedisKey;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Lists the keys of one tenant in the database of a connection; on a Cluster, on all its nodes.
 *
 * <p><b>Guarantee.</b> Keys that are there from the beginning of a call to its end are found. One
 * that is made or deleted meanwhile may be found or not. A neighbour's key never is, whatever its
 * name: every key that the server gives is compared with the tenant's prefix byte by byte.
 *
 * <p><b>Cost.</b> Redis cannot look up keys by prefix, so each call walks through all keys of the
 * server, {@value #STEP} at a time; no command takes long. Needs a user who may call {@code SCAN}
 * and {@code INFO}, on a Cluster {@code ROLE} and {@code CLUSTER NODES} too: a tenant's own user
 * ({@link TenantAcl}) may not.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class TenantKeys {
  /** How many keys of the server one command looks at, about: {@value}. */
  public static final int STEP = 1_000;

  /** The most keys that are listed at a time: {@value}. */
  public static final int MOST_LISTED = 100_000;

  private static final int TRIES = 5;
  private static final Comparator<TenantKey> BY_NAME =
      Comparator.comparing(each -> each.key().bytes(), Arrays::compareUnsigned);

  private final RedisConnection redis;
  private final KeyLayout layout;

  private TenantKeys(RedisConnection redis) {
    this.redis = Require.notNull("redis", redis);
    this.layout = KeyLayout.of(redis);
  }

  /** Keys in the layout of this connection. */
  public static TenantKeys of(RedisConnection redis) {
    return new TenantKeys(redis);
  }

  /**
   * The first keys of these kinds in the order of their names' bytes, so that a tenant with any
   * number of keys can be gone through in bounded memory.
   *
   * @param after the key to go on behind, or null to begin
   * @param limit the most keys, 1 to {@value #MOST_LISTED}
   * @throws UnavailableException if servers restarted or keys moved between them again and again
   * @throws MessagingException if a server does not answer, or refuses
   */
  public List<TenantKey> list(
      Tenant tenant, Set<KeyKind> kinds, @Nullable RedisKey after, int limit) {
    Require.inRange("limit", limit, 1, MOST_LISTED);
    for (int i = 0; i < TRIES; i++) {
      TreeSet<TenantKey> first = new TreeSet<>(BY_NAME);
      boolean complete =
          visit(
              tenant,
              page -> {
                page.stream().filter(each -> kinds.contains(each.kind())).forEach(first::add);
                if (after != null) {
                  first.headSet(new TenantKey(after, KeyKind.OTHER, List.of()), true).clear();
                }
                while (first.size() > limit) {
                  first.pollLast();
                }
              });
      if (complete) {
        return List.copyOf(first);
      }
    }
    throw new UnavailableException(
        "the keys of tenant "
            + tenant
            + " cannot be listed: servers restarted, or keys moved, "
            + TRIES
            + " times meanwhile",
        null,
        tenant.name(),
        null);
  }

  /**
   * Shows all keys of a tenant, in any order, a few at a time; seldom one twice.
   *
   * @return whether they are all for certain: no server restarted, and none of the keys moved from
   *     one to another meanwhile
   */
  boolean visit(Tenant tenant, Consumer<List<TenantKey>> page) {
    String prefix = layout.prefix(tenant) + ":";
    byte[] bytes = prefix.getBytes(UTF_8);
    return new KeyScan(redis, RedisKey.of(prefix))
        .run(
            names ->
                page.accept(
                    names.stream()
                        .filter(name -> startsWith(name, bytes))
                        .map(name -> read(name, bytes.length))
                        .toList()));
  }

  /** What this key is, or null if it is not the tenant's. */
  @Nullable TenantKey read(Tenant tenant, RedisKey key) {
    byte[] prefix = (layout.prefix(tenant) + ":").getBytes(UTF_8);
    return startsWith(key.bytes(), prefix) ? read(key.bytes(), prefix.length) : null;
  }

  private static TenantKey read(byte[] name, int from) {
    return KeyKind.read(RedisKey.of(name), new String(name, from, name.length - from, UTF_8));
  }

  private static boolean startsWith(byte[] name, byte[] prefix) {
    return name.length >= prefix.length
        && Arrays.equals(name, 0, prefix.length, prefix, 0, prefix.length);
  }
}
