package dev.tandem.outbox.internal.run;

import dev.tandem.api.RetryPolicy;
import dev.tandem.api.lifecycle.Lifecycle;
import dev.tandem.hybrid.HybridPublisherBuilder;
import dev.tandem.hybrid.internal.numbered.NumberedPublisher;
import dev.tandem.outbox.OutboxRoute;
import dev.tandem.outbox.internal.send.Encoder;
import dev.tandem.outbox.internal.send.Refusals;
import dev.tandem.outbox.internal.store.Database;
import dev.tandem.outbox.internal.store.LeaseTable;
import dev.tandem.outbox.internal.store.MessageTable;
import dev.tandem.outbox.internal.store.Tables;
import dev.tandem.redis.RedisConnection;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * What a relay is made of.
 *
 * <p>Thread safety: immutable.
 */
public record RelaySettings(
    RedisConnection redis,
    DataSource source,
    Tables tables,
    List<OutboxRoute<?>> routes,
    Duration lease,
    Duration poll,
    int batch,
    RetryPolicy retry,
    @Nullable String instanceId,
    Clock clock,
    RandomGenerator random) {
  /** Leases are renewed so often before they run out. */
  private static final int RENEWALS = 3;

  /** A loop that works like this. */
  public RelayLoop loop(RelayMetrics metrics, Lifecycle lifecycle) {
    Database database = new Database(source, lease);
    LeaseTable leases = new LeaseTable(tables, NumberedPublisher.newName(random), lease);
    MessageTable messages = new MessageTable(tables);
    NumberedPublisher publisher =
        new NumberedPublisher(
            redis, instanceId, random, HybridPublisherBuilder.SPOOL_REMEMBERED_FOR);
    RelayWork work =
        new RelayWork(
            new Membership(database, leases, messages),
            new Assigner(
                database,
                leases,
                messages,
                publisher,
                new Encoder(publisher, routes),
                random,
                batch),
            publisher,
            new Refusals(retry, random),
            new Settler(database, leases, messages, metrics),
            metrics);
    return new RelayLoop(work, metrics, lifecycle, clock, random, poll, lease.dividedBy(RENEWALS));
  }
}
