package dev.tandem.outbox.internal.run;

import dev.tandem.outbox.internal.store.Database;
import dev.tandem.outbox.internal.store.LeaseTable;
import dev.tandem.outbox.internal.store.MessageTable;
import dev.tandem.outbox.internal.store.MessageTable.Backlog;
import dev.tandem.outbox.internal.store.Partitions;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Has its share of the partitions: as many as each relay gets if all get the same, rounded up.
 * Takes what nobody has, and gives up what is too much and has nothing open.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
final class Membership {
  private final Database database;
  private final LeaseTable leases;
  private final MessageTable messages;
  private final Set<Integer> mine = new TreeSet<>();
  private final Set<Integer> lost = new TreeSet<>();

  /**
   * What changed.
   *
   * @param lost partitions that another relay has taken, or this one has given up
   * @param gained partitions that are new; what is lost too was another relay's in the meantime, so
   *     the loss comes first
   */
  record Changes(Set<Integer> lost, Set<Integer> gained, Backlog backlog) {}

  private record Look(Set<Integer> all, Backlog backlog) {}

  Membership(Database database, LeaseTable leases, MessageTable messages) {
    this.database = database;
    this.leases = leases;
    this.messages = messages;
  }

  /** What this relay has, as far as it knows. */
  Set<Integer> mine() {
    return mine;
  }

  /**
   * Renews leases, and takes or gives up partitions.
   *
   * @param busy partitions that have something open, and are not given up
   */
  Changes renew(Set<Integer> busy) {
    Look look = database.transaction(connection -> look(connection, busy));
    Set<Integer> gained = new TreeSet<>(look.all()); // by a transaction of unknown outcome too
    gained.removeAll(mine);
    mine.stream().filter(one -> !look.all().contains(one)).forEach(lost::add);
    mine.clear();
    mine.addAll(look.all());
    Changes changes = new Changes(new TreeSet<>(lost), gained, look.backlog());
    lost.clear();
    return changes;
  }

  private Look look(Connection connection, Set<Integer> busy) throws SQLException {
    leases.check(connection);
    int relays = leases.beat(connection);
    int share = (Partitions.COUNT + relays - 1) / relays;
    Set<Integer> all = new TreeSet<>(leases.renew(connection));
    missed(all);
    if (all.size() > share) {
      List<Integer> tooMany =
          all.stream().filter(one -> !busy.contains(one)).limit(all.size() - share).toList();
      leases.release(connection, tooMany);
      tooMany.forEach(all::remove);
    } else if (all.size() < share) {
      all.addAll(leases.claim(connection, share - all.size()));
    }
    return new Look(all, messages.backlog(connection));
  }

  /**
   * What is not this relay's now it has lost, though it should get it back in this transaction, and
   * whatever becomes of that: what it knows of such messages is out of date.
   */
  private void missed(Set<Integer> renewed) {
    mine.stream().filter(one -> !renewed.contains(one)).forEach(lost::add);
    mine.retainAll(renewed);
  }

  /** A partition is another relay's. */
  void lost(int partition) {
    mine.remove(partition);
  }

  /** Gives everything up. */
  void leave() {
    database.transaction(
        connection -> {
          leases.release(connection, mine);
          leases.leave(connection);
          return mine.size();
        });
    mine.clear();
  }
}
