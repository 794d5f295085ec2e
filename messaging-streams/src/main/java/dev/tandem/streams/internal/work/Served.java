package dev.tandem.streams.internal.work;

import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.tenant.Tenant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * A tenant that a worker serves: its stream of each topic.
 *
 * @param found whether it was discovered, and not asked for
 * @param streams by their topics; not changed once it is served
 * @param left completes when it is not served any more
 */
record Served(
    Tenant tenant,
    boolean found,
    Map<Course<?>, GroupStream> streams,
    CompletableFuture<Void> left) {
  Served(Tenant tenant, boolean found) {
    this(tenant, found, new LinkedHashMap<>(), new CompletableFuture<>());
  }

  boolean isLeaving() {
    return streams.values().stream().anyMatch(GroupStream::isLeaving);
  }
}
