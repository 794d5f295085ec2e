package dev.tandem.streams;

import dev.tandem.api.internal.Require;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.IncompleteTenantsException;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.TenantScan;
import java.util.Collection;

/**
 * Says which tenants a {@link StreamWorker} is to serve, each time it is asked.
 *
 * <p>A tenant that is listed is served from when it has a stream of one of the worker's topics; no
 * key is made for one that has none. One that is not listed any more, or has no stream any more, is
 * {@linkplain StreamWorker#remove removed}.
 *
 * <p>Thread safety: called by one thread of each worker it was given to, which does nothing else;
 * it may block.
 */
@FunctionalInterface
public interface TenantSource {
  /**
   * All tenants to be served now. What this throws changes nothing: those that are served stay, and
   * it is asked again the next time. With an {@link IncompleteTenantsException} those that it names
   * are served, too.
   */
  Collection<Tenant> tenants() throws Exception;

  /**
   * The tenants that have a stream of this topic, found by {@code SCAN}: over all keys of the
   * server, or of every primary of a Cluster, some hundred at a time. Needs no list that somebody
   * must keep; costs the server in proportion to all its keys, about a second for some million of
   * them, each time it is asked. Where they are many, a list of the application's own is cheaper. A
   * look during which a server restarted or slots of a Cluster moved lets nobody go.
   */
  static TenantSource scan(RedisConnection redis, StreamTopic<?> topic) {
    TenantScan scan =
        TenantScan.ofStreams(
            Require.notNull("redis", redis), Require.notNull("topic", topic).name());
    return scan::tenants;
  }
}
