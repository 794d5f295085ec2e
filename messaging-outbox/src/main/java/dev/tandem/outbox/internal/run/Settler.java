package dev.tandem.outbox.internal.run;

import dev.tandem.outbox.internal.send.Findings;
import dev.tandem.outbox.internal.send.Line;
import dev.tandem.outbox.internal.store.Database;
import dev.tandem.outbox.internal.store.LeaseTable;
import dev.tandem.outbox.internal.store.MessageTable;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;

/**
 * Tells the database what became of messages, while their partitions are this relay's.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
final class Settler {
  private final Database database;
  private final LeaseTable leases;
  private final MessageTable messages;
  private final RelayMetrics metrics;

  Settler(Database database, LeaseTable leases, MessageTable messages, RelayMetrics metrics) {
    this.database = database;
    this.leases = leases;
    this.messages = messages;
    this.metrics = metrics;
  }

  /**
   * Tells what was found.
   *
   * @return partitions that are not this relay's any more, of which nothing was told
   */
  Set<Integer> settle(Collection<Line> lines) {
    Set<Integer> partitions = new TreeSet<>();
    lines.forEach(line -> partitions.add(line.key().partition()));
    Findings all = new Findings();
    Set<Integer> ours =
        database.transaction(
            connection -> {
              Set<Integer> owned = leases.lock(connection, partitions).keySet();
              for (Line line : lines) {
                if (owned.contains(line.key().partition())) {
                  all.addAll(line.findings());
                }
              }
              messages.delete(connection, all.published());
              messages.release(connection, all.released());
              messages.releaseAlone(connection, all.alone());
              messages.fail(connection, all.failed());
              return owned;
            });
    metrics.published(all.published().size());
    metrics.failed(all.failed().size());
    lines.stream().filter(line -> ours.contains(line.key().partition())).forEach(Line::told);
    partitions.removeAll(ours);
    return partitions;
  }
}
